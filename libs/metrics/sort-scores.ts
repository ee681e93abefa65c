import type { Scores } from './scores.js'

/** Below this many, the engine's own sort is as fast. */
const LEAST_FOR_RADIX = 1 << 14
/** Three digits of 11 bits make the 32 of a key. */
const SHIFTS = [0, 11, 22] as const
const BUCKETS = 1 << 11
const MASK = BUCKETS - 1
const NEGATIVE_INFINITY_BITS = 0xff80_0000

/**
 * @param scores left as they are; 4 (8) extra bytes for each float (double)
 * @returns a copy in rising order; NaN, a failed comparison, becomes -Infinity, and minus zero zero
 */
export function risingScores(scores: Scores): Scores {
  if (scores instanceof Float32Array && scores.length >= LEAST_FOR_RADIX) {
    const { keys } = radixSort(sortableKeys(scores))
    return floatsOf(keys)
  }
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
 * @param scores of at most 2^32 - 1 comparisons
 * @returns their indices in rising order of the score, NaN first; of equal scores the lower index first
 */
export function risingOrder(scores: Scores): Uint32Array {
  const order = new Uint32Array(scores.length)
  for (let index = 0; index < order.length; index++) order[index] = index
  if (scores instanceof Float32Array) return radixSort(sortableKeys(scores), order).values as Uint32Array
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

/** The bits of floats, turned so that integers order as the floats do. Source: Herf, "Radix Tricks" (2001). */
function sortableKeys(scores: Float32Array): Uint32Array {
  const keys = new Uint32Array(scores.slice().buffer)
  for (let i = 0; i < keys.length; i++) {
    let bits = keys[i] as number
    if ((bits & 0x7fff_ffff) > 0x7f80_0000) bits = NEGATIVE_INFINITY_BITS
    // Minus zero equals zero, and so must its key: ties are found by order.
    else if (bits === 0x8000_0000) bits = 0
    keys[i] = bits ^ ((bits >> 31) | 0x8000_0000)
  }
  return keys
}

/** Takes the turn back, in place. */
function floatsOf(keys: Uint32Array): Float32Array {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number
    keys[i] = key ^ (~(key >> 31) | 0x8000_0000)
  }
  return new Float32Array(keys.buffer)
}

/** Least significant digit first; stable. Source: Knuth, "The Art of Computer Programming", vol. 3, section 5.2.5. */
function radixSort(keys: Uint32Array, values?: Uint32Array): { keys: Uint32Array; values?: Uint32Array } {
  let from = keys
  let to: Uint32Array = new Uint32Array(keys.length)
  let fromValues = values
  let toValues: Uint32Array | undefined = values && new Uint32Array(keys.length)
  const starts = startsOf(keys)
  for (const [pass, shift] of SHIFTS.entries()) {
    const next = starts[pass] as Uint32Array
    for (let i = 0; i < from.length; i++) {
      const key = from[i] as number
      const digit = (key >>> shift) & MASK
      const place = next[digit] as number
      next[digit] = place + 1
      to[place] = key
      if (fromValues && toValues) toValues[place] = fromValues[i] as number
    }
    ;[from, to] = [to, from]
    ;[fromValues, toValues] = [toValues, fromValues]
  }
  return fromValues ? { keys: from, values: fromValues } : { keys: from }
}

/** Where the keys of each value of each digit begin in the sorted array. */
function startsOf(keys: Uint32Array): [Uint32Array, Uint32Array, Uint32Array] {
  const [low, middle, high] = [new Uint32Array(BUCKETS), new Uint32Array(BUCKETS), new Uint32Array(BUCKETS)]
  // All digits in one pass: reading millions of keys is what takes the time.
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number
    const first = key & MASK
    const second = (key >>> SHIFTS[1]) & MASK
    const third = key >>> SHIFTS[2]
    low[first] = (low[first] as number) + 1
    middle[second] = (middle[second] as number) + 1
    high[third] = (high[third] as number) + 1
  }
  for (const counts of [low, middle, high]) {
    let before = 0
    for (let digit = 0; digit < BUCKETS; digit++) {
      const count = counts[digit] as number
      counts[digit] = before
      before += count
    }
  }
  return [low, middle, high]
}
