import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newFolder } from '../../../libs/dataset/testing/sample-faces.js'
import { writeSampleEvaluation } from '../testing/sample-evaluation.js'
import { type Report, readReport } from './read-report.js'
import { reportScores } from './report-scores.js'
import { pathSource } from './report-sources.js'
import { RATES, type ScoreSummary, summarizeScores } from './summarize-scores.js'

let folder: string
let report: Report
let summaries: ScoreSummary[]
beforeAll(async () => {
  folder = await newFolder()
  await writeSampleEvaluation(folder, 'probe', 2)
  report = readReport(await readFile(join(folder, 'report.json'), 'utf8'), 'report.json')
  summaries = []
  for await (const file of (await pathSource(folder)).scores()) {
    summaries.push((await summarizeScores(file)).summary)
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it.each([
  ['tar_at_far', 0.01, (miss: number) => 1 - miss],
  ['fnir_at_fpir', 0.1, (miss: number) => miss],
] as const)('comes to the figures of the evaluation: %s', (metric, rate, figureOf) => {
  const scores = reportScores(report, summaries)
  const measured = report.rows.flatMap(({ figures, ...place }) => {
    const figure = figures.find((each) => each.metric === metric && each.parameter === rate)
    return figure ? [{ ...place, value: figure.value }] : []
  })
  // Two models at four resolutions.
  expect(measured).toHaveLength(8)
  for (const { protocol, model, condition, value } of measured) {
    const own = scores.filter((each) => each.protocol === protocol && each.model === model)
    const found = own.find((each) => each.condition.probe === condition.probe)
    expect(figureOf(found?.misses[RATES.indexOf(rate)] as number)).toBeCloseTo(value, 12)
  }
})

it('speaks of no rate below one false accept of all trials, and counts every score once', () => {
  const pairs = summaries.find(({ notes }) => notes.kind === 'verification') as ScoreSummary
  const nonMated = (80 * 79) / 2 - 40
  expect(pairs.misses.map((miss) => (Number.isNaN(miss) ? 0 : 1))).toEqual(
    RATES.map((rate) => (rate * nonMated < 1 ? 0 : 1)),
  )
  for (const { counts } of summaries) {
    for (const side of [counts.mated, counts.nonMated]) {
      expect(side.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    }
  }
})
