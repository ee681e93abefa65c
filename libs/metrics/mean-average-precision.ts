import type { SearchOutcomes } from './search-outcomes.js'

/** @returns the mean over mated searches of the average precision as TinyFace defines it, in [0, 1]; NaN where there are none */
export function meanAveragePrecision({ length, mated, averagePrecision }: SearchOutcomes): number {
  let [sum, searches] = [0, 0]
  for (let i = 0; i < length; i++) {
    if (!mated[i]) continue
    sum += averagePrecision[i] as number
    searches++
  }
  return sum / searches
}
