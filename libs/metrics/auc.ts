import { countAbove, countBelow } from './scores.js'
import type { VerificationScores } from './verification-scores.js'

/**
 * Area under the ROC curve: the share of all pairings of a mated with a non-mated score in which the mated one is higher, ties counted
 * half. The counts are exact; equal to the trapezoidal area.
 * Source: J. Hanley, B. McNeil, "The meaning and use of the area under a receiver operating characteristic curve" (1982).
 * @returns in [0, 1]; NaN where a set is empty
 */
export function areaUnderRoc({ mated, nonMated }: VerificationScores): number {
  let wins = 0
  for (let i = 0; i < mated.length; i++) {
    const score = mated[i] as number
    const tiedOrBelow = nonMated.length - countAbove(nonMated, score)
    wins += (countBelow(nonMated, score) + tiedOrBelow) / 2
  }
  return wins / mated.length / nonMated.length
}
