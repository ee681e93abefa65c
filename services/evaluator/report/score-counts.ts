/** Bins of equal width over all cosines, [-1, 1]. */
export const SCORE_BINS = 100

/** How often scores come: the share of each bin, summing to 1 where all scores are numbers. */
export interface ScoreCounts {
  readonly mated: Float64Array
  readonly nonMated: Float64Array
}

/** Counts scores without keeping them: searches of a large gallery have hundreds of millions. */
export function createScoreCounts() {
  const bins = { mated: new Float64Array(SCORE_BINS), nonMated: new Float64Array(SCORE_BINS) }
  const total = { mated: 0, nonMated: 0 }
  return {
    /** @param score in [-1, 1]; NaN, a failed comparison, belongs to no bin */
    add(score: number, isMated: boolean): void {
      const side = isMated ? 'mated' : 'nonMated'
      total[side]++
      if (Number.isNaN(score)) return
      const bin = Math.max(0, Math.min(SCORE_BINS - 1, Math.floor(((score + 1) / 2) * SCORE_BINS)))
      bins[side][bin] = (bins[side][bin] as number) + 1
    },
    counts: (): ScoreCounts => ({
      mated: bins.mated.map((count) => count / Math.max(1, total.mated)),
      nonMated: bins.nonMated.map((count) => count / Math.max(1, total.nonMated)),
    }),
  }
}
