import type { Scores } from './scores.js'
import { risingByKind, risingScores } from './sort-scores.js'

/** The scores of a verification experiment, sorted once for all metrics: rising, failed comparisons as -Infinity. */
export interface VerificationScores {
  /** Of comparisons of one subject with itself. */
  readonly mated: Scores
  /** Of comparisons of two subjects. */
  readonly nonMated: Scores
}

/**
 * Prepares scores for the metrics of verification.
 * @param mated in any order, NaN where an extraction failed; left as they are
 * @param nonMated likewise
 */
export function verificationScores(mated: Scores, nonMated: Scores): VerificationScores {
  return { mated: risingScores(mated), nonMated: risingScores(nonMated) }
}

/**
 * The same of comparisons that are not parted yet: no copy of so many scores is made on the way.
 * @param scores of all comparisons, in any order, NaN where an extraction failed; left as they are
 * @param mated for each of them 1 or 0
 */
export function comparedScores(scores: Scores, mated: Uint8Array): VerificationScores {
  return risingByKind(scores, mated)
}

/**
 * Parts the scores of comparisons by what the comparisons are.
 * @param scores of all comparisons, in any order
 * @param mated for each of them 1 or 0
 */
export function splitScores<S extends Scores>(scores: S, mated: Uint8Array): { mated: S; nonMated: S } {
  let matedCount = 0
  for (let i = 0; i < mated.length; i++) if (mated[i]) matedCount++
  const Kind = scores.constructor as new (length: number) => S
  const parts = { mated: new Kind(matedCount), nonMated: new Kind(scores.length - matedCount) }
  let [toMated, toNonMated] = [0, 0]
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number
    if (mated[i]) parts.mated[toMated++] = score
    else parts.nonMated[toNonMated++] = score
  }
  return parts
}
