import { BUCKETS, bucketOf, sortBuckets, startsOf } from './radix-sort.js'
import type { Scores } from './scores.js'

/** Below this many, the engine's own sort is as fast. */
const LEAST_FOR_RADIX = 1 << 14
// As signed integers, which the engine computes with faster.
const NEGATIVE_INFINITY_BITS = 0xff80_0000 | 0
const MINUS_ZERO_BITS = 0x8000_0000 | 0

/**
 * @param scores left as they are; 4 (8) extra bytes for each float (double)
 * @returns a copy in rising order; NaN, a failed comparison, becomes -Infinity, and minus zero zero
 */
export function risingScores(scores: Scores): Scores {
  if (scores instanceof Float32Array && scores.length >= LEAST_FOR_RADIX) return floatsOf(sortedKeys({ scores }).keys)
  const rising = scores.slice().sort()
  // The sort of typed arrays puts NaN last.
  let failed = 0
  while (failed < rising.length && Number.isNaN(rising[rising.length - 1 - failed])) failed++
  rising.copyWithin(failed, 0, rising.length - failed)
  rising.fill(Number.NEGATIVE_INFINITY, 0, failed)
  // Minus zero lies before zero in that order, and equals it.
  for (let at = rising.indexOf(0); rising[at] === 0; at++) rising[at] = 0
  return rising
}

/**
 * Likewise, but each kind of comparisons for itself.
 * @param mated for each comparison 1 or 0
 */
export function risingByKind(scores: Scores, mated: Uint8Array): { mated: Scores; nonMated: Scores } {
  if (!(scores instanceof Float32Array) || scores.length < LEAST_FOR_RADIX) {
    const ofKind = (kind: number) => risingScores(scores.filter((_, i) => mated[i] === kind))
    return { mated: ofKind(1), nonMated: ofKind(0) }
  }
  const { keys, ofFirst } = sortedKeys({ scores, kinds: mated })
  const rising = floatsOf(keys)
  return { mated: rising.subarray(ofFirst), nonMated: rising.subarray(0, ofFirst) }
}

/**
 * @param scores of at most 2^32 - 1 comparisons
 * @returns their indices in rising order of the score, NaN first; of equal scores the lower index first
 */
export function risingOrder(scores: Scores): Uint32Array {
  const order = new Uint32Array(scores.length)
  if (scores instanceof Float32Array) {
    sortedKeys({ scores, order })
    return order
  }
  for (let index = 0; index < order.length; index++) order[index] = index
  const key = (index: number) => {
    const score = scores[index] as number
    return Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score
  }
  // Equal infinities have no difference to compare by.
  return order.sort((a, b) => {
    const [left, right] = [key(a), key(b)]
    return left < right ? -1 : left > right ? 1 : a - b
  })
}

interface Sorting {
  readonly scores: Float32Array
  /** For each score 0 or 1, which comes before all else. */
  readonly kinds?: Uint8Array
  /** Takes the indices of the scores. */
  readonly order?: Uint32Array
}

/** @returns the keys of scores, in rising order, and how many are of kind 0 */
function sortedKeys({ scores, kinds = new Uint8Array(scores.length), order }: Sorting) {
  const bits = new Int32Array(scores.buffer, scores.byteOffset, scores.length)
  const next = new Uint32Array(2 * BUCKETS)
  for (let i = 0; i < bits.length; i++) {
    const bucket = bucketOf(sortableKey(bits[i] as number), kinds[i] as number)
    next[bucket] = (next[bucket] as number) + 1
  }
  startsOf(next)
  const keys = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) {
    const key = sortableKey(bits[i] as number)
    const bucket = bucketOf(key, kinds[i] as number)
    const place = next[bucket] as number
    next[bucket] = place + 1
    keys[place] = key
    if (order) order[place] = i
  }
  // Where a bucket's next key would go, it ends by now.
  sortBuckets({ keys, values: order, ends: next })
  return { keys, ofFirst: next[BUCKETS - 1] as number }
}

/** The bits of a float, turned so that integers order as the floats do. Source: Herf, "Radix Tricks" (2001). */
function sortableKey(bits: number): number {
  let known = bits
  if ((bits & 0x7fff_ffff) > 0x7f80_0000) known = NEGATIVE_INFINITY_BITS
  // Minus zero equals zero, and so must its key: ties are found by order.
  else if (bits === MINUS_ZERO_BITS) known = 0
  return known ^ ((known >> 31) | MINUS_ZERO_BITS)
}

/** Takes the turn back, in place. */
function floatsOf(keys: Uint32Array): Float32Array {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number
    keys[i] = key ^ (~(key >> 31) | 0x8000_0000)
  }
  return new Float32Array(keys.buffer)
}
