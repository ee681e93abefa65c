import { Decision } from '../../gen/crossres/v1/common.js'
import { resolutionBand } from '../../libs/models/resolution-band.js'
import type { Metrics } from '../../libs/telemetry/metrics.js'
import type { Decide } from './decide.js'

const DECISION_NAMES = new Map(Object.entries(Decision).map(([name, value]) => [value, name.toLowerCase()]))

/** @returns a function that decides alike, and counts scores and decisions by the resolution band of the probe, never by whom it is about */
export function measureDecisions(decide: Decide, metrics: Metrics): Decide {
  return (question) => {
    const verdict = decide(question)
    const edge = resolutionBand(question.resolution)
    const of = {
      call: question.templates === undefined ? 'verify' : 'match',
      band: edge === 0 ? 'full' : String(edge),
    }
    if (question.score !== undefined) metrics.observe('scores', of, question.score)
    metrics.count('decisions', { ...of, decision: DECISION_NAMES.get(verdict.decision) ?? 'unspecified' })
    return verdict
  }
}
