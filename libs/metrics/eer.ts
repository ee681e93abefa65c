import { detCurve } from './det.js'
import type { VerificationScores } from './verification-scores.js'

/**
 * Equal error rate: where FMR and FNMR meet. As the rates of finitely many comparisons are seldom equal at any threshold, it is where
 * the straight line between the two neighbouring points of the ROC curve crosses the diagonal FMR = FNMR.
 * Source: ISO/IEC 19795-1:2021; the same as solving 1 - x = TAR(x) on the interpolated curve.
 * @returns in [0, 1]; NaN where a set is empty
 */
export function equalErrorRate(scores: VerificationScores): number {
  const { fmr, fnmr } = detCurve(scores)
  const gap = (index: number) => (fnmr[index] as number) - (fmr[index] as number)
  const after = fmr.findIndex((_, index) => gap(index) <= 0)
  if (after < 1) return Number.NaN
  const share = gap(after - 1) / (gap(after - 1) - gap(after))
  const before = fmr[after - 1] as number
  return before + share * ((fmr[after] as number) - before)
}
