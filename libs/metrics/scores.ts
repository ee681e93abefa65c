/**
 * Similarity scores of comparisons: higher is more similar, any scale. NaN stands for a comparison that could not be made because an
 * extraction failed. Such a comparison is never accepted, and so a miss where it is mated; it still counts in the totals, as
 * ISO/IEC 19795-1 and NIST's evaluations have it (a failed template scores lowest).
 */
export type Scores = Float32Array | Float64Array

/** A subject that nobody knows, e.g. of a distractor: never the mate of anything. */
export const UNKNOWN_SUBJECT = 0xffff_ffff

/**
 * @param rate in [0, 1]
 * @returns the most events of `total` that keep their share at or below the rate
 */
export function allowedCount(rate: number, total: number): number {
  let allowed = Math.floor(rate * total)
  // 0.29 * 100 is 28.999999999999996, and yet 29 of 100 are not more than 0.29.
  while (allowed < total && (allowed + 1) / total <= rate) allowed++
  while (allowed > 0 && allowed / total > rate) allowed--
  return allowed
}

/**
 * @param rising in rising order, without NaN
 * @returns how many are at or above the threshold; failed comparisons, at -Infinity, never are
 */
export function countAtLeast(rising: Scores, threshold: number): number {
  const finite = Math.max(threshold, -Number.MAX_VALUE)
  return rising.length - firstIndex(rising, (score) => score >= finite)
}

/**
 * @param rising in rising order, without NaN
 * @returns how many are above the threshold
 */
export function countAbove(rising: Scores, threshold: number): number {
  return rising.length - firstIndex(rising, (score) => score > threshold)
}

/**
 * @param rising in rising order, without NaN
 * @returns how many are below the threshold
 */
export function countBelow(rising: Scores, threshold: number): number {
  return firstIndex(rising, (score) => score >= threshold)
}

/** @returns the least double above a number, e.g. the lowest threshold that keeps a score out */
export function nextAbove(value: number): number {
  if (value === Number.POSITIVE_INFINITY || Number.isNaN(value)) return value
  if (value === 0) return Number.MIN_VALUE
  const double = Float64Array.of(value)
  const bits = new BigInt64Array(double.buffer)
  bits[0] = (bits[0] as bigint) + (value > 0 ? 1n : -1n)
  return double[0] as number
}

/** The first index at which a condition holds that holds from there on; the length where it never does. */
function firstIndex(rising: Scores, holds: (score: number) => boolean): number {
  let low = 0
  let high = rising.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(rising[middle] as number)) high = middle
    else low = middle + 1
  }
  return low
}
