import { expect, it } from 'vitest'
import { Decision } from '../../gen/crossres/v1/common.js'
import { createMetrics } from '../../libs/telemetry/metrics.js'
import { createDecide } from './decide.js'
import { measureDecisions } from './measured-decide.js'

const decide = createDecide({ targetFpir: 0.01, targetFmr: 0.001, mostFnmr: 0.9 })
const target = { target: { $case: 'scoreThreshold' as const, value: 0.5 } }

it('decides alike, and counts by the band of the probe and the kind of call', async () => {
  const metrics = createMetrics()
  const measured = measureDecisions(decide, metrics)
  const search = { score: 0.7, target, resolution: 20, templates: 9, calibration: undefined }
  const { decision, threshold } = measured(search)
  expect(decision).toBe(Decision.MATCH)
  expect(threshold).toEqual(decide(search).threshold)
  measured({ ...search, score: undefined })
  measured({ score: 0.2, target, resolution: 0, calibration: undefined })
  const text = await metrics.text()
  const line = (call: string, band: string, word: string) =>
    `crossres_decisions_total{call="${call}",band="${band}",decision="${word}"} 1\n`
  expect(text).toContain(line('match', '24', 'match'))
  expect(text).toContain(line('match', '24', 'no_match'))
  expect(text).toContain(line('verify', 'full', 'no_match'))
  // A search without a candidate has no score.
  expect(text).toContain('crossres_scores_count{call="match",band="24"} 1\n')
  expect(text).toContain('crossres_scores_sum{call="match",band="24"} 0.7\n')
})
