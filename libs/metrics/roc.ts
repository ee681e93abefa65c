import { operatingCounts } from './operating-counts.js'
import type { VerificationScores } from './verification-scores.js'

/** A receiver operating characteristic, from (0, 0) to (1, 1). */
export interface Roc {
  /** Falling, from Infinity: a comparison is accepted at or above it. */
  readonly thresholds: Float64Array
  /** False accept rate at each, rising. */
  readonly far: Float64Array
  /** True accept rate at each, rising. */
  readonly tar: Float64Array
}

/**
 * The ROC curve through all its corners; straight lines between them are exact. A score shared by mated and non-mated comparisons makes
 * an oblique line, as the trapezoidal area needs it.
 * Source: T. Fawcett, "An introduction to ROC analysis" (2006), algorithm 1.
 * @returns rates that are NaN where a set is empty
 */
export function rocCurve(scores: VerificationScores): Roc {
  const { thresholds, falseAccepts, trueAccepts } = operatingCounts(scores)
  return {
    thresholds,
    far: falseAccepts.map((count) => count / scores.nonMated.length),
    tar: trueAccepts.map((count) => count / scores.mated.length),
  }
}
