import { allowedCount, countAbove } from './scores.js'
import type { VerificationScores } from './verification-scores.js'

/** What a threshold does. */
export interface OperatingPoint {
  /** A comparison is accepted at or above it. The lowest score that is accepted; Infinity where none is. */
  readonly threshold: number
  /** False match rate: the share of non-mated comparisons that are accepted, in [0, 1]. */
  readonly fmr: number
  /** False non-match rate: the share of mated comparisons that are not, in [0, 1]. */
  readonly fnmr: number
  /** True accept rate, 1 - FNMR. */
  readonly tar: number
}

/**
 * FNMR at a false match rate: at the lowest threshold at which no more than `fmr` of the non-mated comparisons are accepted. Scores tied
 * with the first that must stay out stay out as well; nothing is interpolated.
 * Source: ISO/IEC 19795-1:2021; the operating points of NIST's FRTE 1:1.
 * @param fmr in [0, 1]
 * @returns the point; all NaN but the threshold where there are no mated, or no non-mated, scores
 */
export function fnmrAtFmr({ mated, nonMated }: VerificationScores, fmr: number): OperatingPoint {
  if (mated.length === 0 || nonMated.length === 0) {
    return { threshold: Number.NaN, fmr: Number.NaN, fnmr: Number.NaN, tar: Number.NaN }
  }
  const allowed = allowedCount(fmr, nonMated.length)
  // The best score that must stay out; failed comparisons, at -Infinity, always do.
  const outside = nonMated[nonMated.length - 1 - allowed] ?? Number.NEGATIVE_INFINITY
  const accepted = countAbove(mated, outside)
  const falselyAccepted = countAbove(nonMated, outside)
  return {
    threshold: Math.min(
      mated[mated.length - accepted] ?? Number.POSITIVE_INFINITY,
      nonMated[nonMated.length - falselyAccepted] ?? Number.POSITIVE_INFINITY,
    ),
    fmr: falselyAccepted / nonMated.length,
    fnmr: (mated.length - accepted) / mated.length,
    tar: accepted / mated.length,
  }
}
