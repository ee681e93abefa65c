/** Bits of a key: the first of them chose its bucket, two digits of the others sort the bucket. */
const FIRST = 12
const DIGIT = 10
/** How many buckets a kind of keys has. */
export const BUCKETS = 1 << FIRST
/** Below this, the engine's own sort of a bucket is as fast. */
const FEW = 64

/** @returns the bucket of a key of one of several kinds: its most significant digit, behind the buckets of the kinds before */
export const bucketOf = (key: number, kind: number) => (kind << FIRST) | (key >>> (32 - FIRST))

/** Keys, bucket by bucket. */
export interface BucketedKeys {
  readonly keys: Uint32Array
  /** What goes where the keys go; optional. */
  readonly values: Uint32Array | undefined
  /** Where each bucket ends. */
  readonly ends: Uint32Array
}

/**
 * Sorts keys within their buckets, stable, in place: the least significant digit first, in the cache of a core as long as buckets fit it.
 * On millions of cosines a third faster than three such digits over all of them.
 * Source: Knuth, "The Art of Computer Programming", vol. 3, section 5.2.5.
 */
export function sortBuckets({ keys, values, ends }: BucketedKeys): void {
  const largest = ends.reduce((most, end, bucket) => Math.max(most, end - startOf(ends, bucket)), 0)
  const spareKeys = new Uint32Array(largest)
  const spareValues = values && new Uint32Array(largest)
  for (let bucket = 0; bucket < ends.length; bucket++) {
    const from = startOf(ends, bucket)
    const to = ends[bucket] as number
    if (to - from < 2) continue
    const sorted = keys.subarray(from, to)
    if (!values && to - from < FEW) sorted.sort()
    else {
      const sortedValues = values?.subarray(from, to)
      const [low, high] = placesOf(sorted)
      scatter(sorted, spareKeys, low, 0, sortedValues, spareValues)
      scatter(spareKeys.subarray(0, to - from), sorted, high, DIGIT, spareValues, sortedValues)
    }
  }
}

const startOf = (ends: Uint32Array, bucket: number) => (bucket === 0 ? 0 : (ends[bucket - 1] as number))

/** @returns for each value of either digit where the first of its keys goes */
function placesOf(keys: Uint32Array): [low: Uint32Array, high: Uint32Array] {
  const low = new Uint32Array(1 << DIGIT)
  const high = new Uint32Array(1 << DIGIT)
  const mask = low.length - 1
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number
    low[key & mask] = (low[key & mask] as number) + 1
    high[(key >>> DIGIT) & mask] = (high[(key >>> DIGIT) & mask] as number) + 1
  }
  startsOf(low)
  startsOf(high)
  return [low, high]
}

/** Puts each key, and its value, behind those of lower digits. */
function scatter(
  keys: Uint32Array,
  to: Uint32Array,
  next: Uint32Array,
  shift: number,
  values?: Uint32Array,
  toValues?: Uint32Array,
): void {
  // The same places twice.
  if (values && toValues) move(keys, values, toValues, next.slice(), shift)
  move(keys, keys, to, next, shift)
}

/** @param next where the next value of each digit goes; moves on */
function move(keys: Uint32Array, values: Uint32Array, to: Uint32Array, next: Uint32Array, shift: number): void {
  const mask = next.length - 1
  for (let i = 0; i < keys.length; i++) {
    const digit = ((keys[i] as number) >>> shift) & mask
    const place = next[digit] as number
    next[digit] = place + 1
    to[place] = values[i] as number
  }
}

/** Makes counts, in place, of what comes before. */
export function startsOf(counts: Uint32Array): void {
  let before = 0
  for (let digit = 0; digit < counts.length; digit++) {
    const count = counts[digit] as number
    counts[digit] = before
    before += count
  }
}
