import { fnmrAtFmr } from './fnmr-at-fmr.js'
import type { Scores } from './scores.js'
import { verificationScores } from './verification-scores.js'

/**
 * True accept rate at a false accept rate: the share of mated scores at or above the lowest threshold at which no more than `far` of
 * the non-mated scores are accepted; no interpolation. A pair is accepted when its score is at or above the threshold. For several rates,
 * or large sets, sort once with `verificationScores` and use `fnmrAtFmr`.
 *
 * @param mated scores of pairs of one subject, at least one; higher is more similar, NaN is a failed extraction and a miss
 * @param nonMated scores of pairs of two subjects, at least one
 * @param far in (0, 1)
 * @returns in [0, 1]; NaN where a set is empty
 */
export function tarAtFar(mated: Scores, nonMated: Scores, far: number): number {
  return fnmrAtFmr(verificationScores(mated, nonMated), far).tar
}
