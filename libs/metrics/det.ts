import { fnmrAtFmr } from './fnmr-at-fmr.js'
import { operatingCounts } from './operating-counts.js'
import type { VerificationScores } from './verification-scores.js'

/** A detection error trade-off. */
export interface Det {
  /** Falling: a comparison is accepted at or above it. */
  readonly thresholds: Float64Array
  /** False match rate at each, rising. */
  readonly fmr: Float64Array
  /** False non-match rate at each, falling. */
  readonly fnmr: Float64Array
}

/**
 * The DET curve through all its corners. Zeros are left in: axes of logarithms or normal deviates leave them out.
 * Source: A. Martin et al., "The DET curve in assessment of detection task performance" (1997).
 * @returns rates that are NaN where a set is empty
 */
export function detCurve(scores: VerificationScores): Det {
  const { thresholds, falseAccepts, trueAccepts } = operatingCounts(scores)
  const { mated, nonMated } = scores
  return {
    thresholds,
    fmr: falseAccepts.map((count) => count / nonMated.length),
    fnmr: trueAccepts.map((count) => (mated.length - count) / mated.length),
  }
}

/**
 * @param fmrs where the curve is wanted, in [0, 1], e.g. those of `logSpaced`
 * @returns the FNMR at each, for plots and for curves of several models over the same axis
 */
export function detAt(scores: VerificationScores, fmrs: readonly number[]): Float64Array {
  return Float64Array.from(fmrs, (fmr) => fnmrAtFmr(scores, fmr).fnmr)
}

/** @returns `count` rates from `low` to `high`, both included, evenly apart on a logarithmic axis */
export function logSpaced(low: number, high: number, count: number): number[] {
  const factor = Math.log(high / low) / (count - 1)
  return Array.from({ length: count }, (_, index) => (index === count - 1 ? high : low * Math.exp(factor * index)))
}
