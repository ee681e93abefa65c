import { openSetScores } from './open-set-scores.js'
import { countAtLeast, type Scores } from './scores.js'
import type { SearchOutcomes } from './search-outcomes.js'

/** The targets of the benchmark. */
export const SURVFACE_FPIRS = [0.3, 0.2, 0.1, 0.01] as const

/** Open-set identification as QMUL-SurvFace reports it. */
export interface SurvFaceOpenSet {
  /** True positive identification rate over the rising false positive one, both in [0, 1]. */
  readonly fpir: Float64Array
  readonly tpir: Float64Array
  /** TPIR20@FPIR, for each of SURVFACE_FPIRS. */
  readonly tpirAtFpir: readonly { readonly fpir: number; readonly tpir: number }[]
  /** Area under TPIR over FPIR by trapezoids, in [0, 1]. */
  readonly auc: number
}

const THRESHOLDS = 1000
const RANK_LIMIT = 20

/**
 * TPIR at rank 20 over FPIR: at 1,000 thresholds evenly apart from the lowest to the highest top score of the non-mated searches. A mate
 * outside the first 20 candidates is a miss. The figure at a target is that of the threshold whose FPIR is nearest to it, of two equally
 * near the one with the lower FPIR.
 * Source: Z. Cheng, X. Zhu, S. Gong, "Surveillance face recognition challenge" (2018), section 5, and its evaluation code. That grid is
 * coarse at the tail: `fnirAtFpir` is exact, and to be preferred where no published figure is compared with.
 * @returns NaN where there are no mated or no non-mated searches
 */
export function survFaceOpenSet(outcomes: SearchOutcomes): SurvFaceOpenSet {
  const { mated, nonMated } = openSetScores(outcomes, RANK_LIMIT)
  // Searches that failed have no score to begin the grid at.
  const lowest = nonMated[nonMated.length - countAtLeast(nonMated, Number.NEGATIVE_INFINITY)] ?? Number.NaN
  const highest = nonMated.at(-1) ?? Number.NaN
  const apart = (lowest - highest) / (THRESHOLDS - 1)
  const thresholds = Float64Array.from({ length: THRESHOLDS }, (_, step) =>
    step === THRESHOLDS - 1 ? lowest : highest + step * apart,
  )
  const rates = (scores: Scores) =>
    thresholds.map((threshold) =>
      Number.isNaN(threshold) ? Number.NaN : countAtLeast(scores, threshold) / scores.length,
    )
  const [fpir, tpir] = [rates(nonMated), rates(mated)]
  const tpirAtFpir = SURVFACE_FPIRS.map((target) => ({ fpir: target, tpir: tpir[nearest(fpir, target)] ?? Number.NaN }))
  return { fpir, tpir, tpirAtFpir, auc: trapezoids(fpir, tpir) }
}

function nearest(rising: Float64Array, target: number): number {
  let best = 0
  rising.forEach((value, index) => {
    if (Math.abs(value - target) < Math.abs((rising[best] as number) - target)) best = index
  })
  return best
}

function trapezoids(x: Float64Array, y: Float64Array): number {
  let area = 0
  for (let i = 1; i < x.length; i++) {
    area += (((x[i] as number) - (x[i - 1] as number)) * ((y[i] as number) + (y[i - 1] as number))) / 2
  }
  return area
}
