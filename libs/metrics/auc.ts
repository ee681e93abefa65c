import type { VerificationScores } from './verification-scores.js'

/**
 * Area under the ROC curve: the share of all pairings of a mated with a non-mated score in which the mated one is higher, ties counted
 * half. The counts are exact; equal to the trapezoidal area.
 * Source: J. Hanley, B. McNeil, "The meaning and use of the area under a receiver operating characteristic curve" (1982).
 * @returns in [0, 1]; NaN where a set is empty
 */
export function areaUnderRoc({ mated, nonMated }: VerificationScores): number {
  let [below, upTo, wins] = [0, 0, 0]
  for (let i = 0; i < mated.length; i++) {
    const score = mated[i] as number
    while (below < nonMated.length && (nonMated[below] as number) < score) below++
    if (upTo < below) upTo = below
    while (upTo < nonMated.length && nonMated[upTo] === score) upTo++
    wins += (below + upTo) / 2
  }
  return wins / mated.length / nonMated.length
}
