import { type Condition, resolutionText } from '../measure/conditions.js'
import { type HardestComparisons, mergeHardest } from './hardest.js'
import type { Report } from './read-report.js'
import { SCORE_BINS } from './score-counts.js'
import { RATES, type ScoreSummary } from './summarize-scores.js'

/** Scores of a model by a protocol under one condition, the galleries averaged. */
export interface ConditionScores extends Pick<ScoreSummary, 'misses' | 'counts'> {
  readonly protocol: string
  readonly model: string
  readonly condition: Condition
  /** Of all galleries; absent where it was not asked for. */
  readonly hardest?: HardestComparisons
}

/** @returns the scores that belong to a report, in its order; files of other data or other models are left out */
export function reportScores({ rows, dataset }: Report, summaries: readonly ScoreSummary[]): ConditionScores[] {
  return rows.flatMap(({ protocol, model, condition }) => {
    const own = summaries.filter(
      ({ notes }) =>
        notes.dataset === dataset &&
        notes.model === model &&
        notes.protocol === protocol &&
        notes.probe_resolution === resolutionText(condition.probe) &&
        notes.gallery_resolution === resolutionText(condition.gallery),
    )
    if (own.length === 0) return []
    const counts = {
      mated: mean(
        own.map((each) => each.counts.mated),
        SCORE_BINS,
      ),
      nonMated: mean(
        own.map((each) => each.counts.nonMated),
        SCORE_BINS,
      ),
    }
    return [
      {
        protocol,
        model,
        condition,
        misses: mean(
          own.map(({ misses }) => misses),
          RATES.length,
        ),
        counts,
        ...hardestOf(own),
      },
    ]
  })
}

function hardestOf(summaries: readonly ScoreSummary[]): Pick<ConditionScores, 'hardest'> {
  const parts = summaries.flatMap(({ hardest }) => hardest ?? [])
  return parts.length > 0 ? { hardest: mergeHardest(parts) } : {}
}

const mean = (columns: readonly Float64Array[], length: number) =>
  Float64Array.from(
    { length },
    (_, i) => columns.reduce((sum, column) => sum + (column[i] as number), 0) / columns.length,
  )
