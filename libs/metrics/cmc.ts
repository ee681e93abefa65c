import type { SearchOutcomes } from './search-outcomes.js'

/**
 * Cumulative match characteristic of the mated searches.
 * Source: P. Grother, R. Micheals, P. J. Phillips, "Face recognition vendor test 2002 performance metrics" (2003).
 * @param ranks how many ranks are wanted, e.g. the size of the gallery
 * @returns at index k - 1 the share of mated searches whose best mate has rank k or better; empty where there are no mated searches
 */
export function cmc({ length, mated, mateRank }: SearchOutcomes, ranks: number): Float64Array {
  const hits = new Float64Array(ranks)
  let searches = 0
  for (let i = 0; i < length; i++) {
    if (!mated[i]) continue
    searches++
    const rank = mateRank[i] as number
    if (rank > 0 && rank <= ranks) hits[rank - 1] = (hits[rank - 1] as number) + 1
  }
  if (searches === 0) return new Float64Array()
  let sum = 0
  return hits.map((count) => {
    sum += count
    return sum / searches
  })
}

/** @returns the share of mated searches whose best mate has rank k or better, in [0, 1]; NaN where there are no mated searches */
export function rankRate(outcomes: SearchOutcomes, k: number): number {
  return cmc(outcomes, k)[k - 1] ?? Number.NaN
}
