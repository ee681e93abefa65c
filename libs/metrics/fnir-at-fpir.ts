import type { OpenSetScores } from './open-set-scores.js'
import { allowedCount, countAtLeast, nextAbove } from './scores.js'

/** What a threshold does in open-set identification. */
export interface OpenSetPoint {
  /** A candidate is reported at or above it. */
  readonly threshold: number
  /** False positive identification rate: the share of non-mated searches with any candidate reported, in [0, 1]. */
  readonly fpir: number
  /** False negative identification rate: the share of mated searches without the mate among the candidates reported, in [0, 1]. */
  readonly fnir: number
}

/**
 * FNIR at a false positive identification rate. The threshold is the lowest top score of a non-mated search at which FPIR does not exceed
 * the target: the k-th highest, or where that one is tied with the next, the next distinct score above. Where not even the highest may be
 * reported, the threshold lies just above it.
 * Source: P. Grother, M. Ngan, K. Hanaoka, NISTIR 8271, "Face Recognition Vendor Test part 2: identification", section 3.
 * @param scores of `openSetScores`, where the rank limit is set
 * @param fpir in [0, 1]
 * @returns the point; NaN where there are no searches to count
 */
export function fnirAtFpir(scores: OpenSetScores, fpir: number): OpenSetPoint {
  return pointAt(scores, thresholdAtFpir(scores, fpir))
}

function thresholdAtFpir({ nonMated }: OpenSetScores, fpir: number): number {
  const { length } = nonMated
  if (length === 0) return Number.NaN
  const allowed = allowedCount(fpir, length)
  // The first that must not be reported, and none tied with it.
  const outside = nonMated[length - 1 - allowed] ?? Number.NEGATIVE_INFINITY
  return nonMated[length - countAtLeast(nonMated, nextAbove(outside))] ?? nextAbove(outside)
}

/**
 * FNIR over FPIR at every threshold that is the top score of a non-mated search, falling, from just above the highest.
 * @returns columns of equal length; empty where there are no non-mated searches
 */
export function openSetCurve(scores: OpenSetScores): {
  readonly thresholds: Float64Array
  readonly fpir: Float64Array
  readonly fnir: Float64Array
} {
  const { nonMated } = scores
  const tops = [...new Set(nonMated)].reverse().filter((score) => score > Number.NEGATIVE_INFINITY)
  const points = [...(nonMated.length > 0 ? [nextAbove(nonMated.at(-1) as number)] : []), ...tops].map((threshold) =>
    pointAt(scores, threshold),
  )
  return {
    thresholds: Float64Array.from(points, ({ threshold }) => threshold),
    fpir: Float64Array.from(points, (point) => point.fpir),
    fnir: Float64Array.from(points, (point) => point.fnir),
  }
}

function pointAt({ mated, nonMated }: OpenSetScores, threshold: number): OpenSetPoint {
  if (Number.isNaN(threshold)) return { threshold, fpir: Number.NaN, fnir: Number.NaN }
  return {
    threshold,
    fpir: countAtLeast(nonMated, threshold) / nonMated.length,
    fnir: (mated.length - countAtLeast(mated, threshold)) / mated.length,
  }
}
