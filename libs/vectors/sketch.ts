import { loadDots } from './dot-module.js'
import type { RowMirror } from './rows.js'

/**
 * An int8 copy of a matrix that tells which rows can be among the best for a query, so that only these need to be compared in full: a
 * quarter of the memory traffic, and no result is lost. With row x = x' + dx and query q = q' + dq, where x' and q' are what the integers
 * stand for, q.x = q'.x' + q.dx + dq.x', so |q.x - q'.x'| <= |q||dx| + |dq||x'| (Cauchy-Schwarz). The largest |dx| and |x'| of all rows
 * bound every row: rows have one length, so a bound for each would spare few comparisons and cost more than those.
 */
export interface Sketch extends RowMirror {
  /** False once it has outgrown what WebAssembly can address; `candidates` must not be called then. */
  readonly usable: boolean
  /**
   * @param query [dimension]
   * @param size rows in use, at least 1
   * @param k 1..size
   * @returns at least `k` rows, among them every one whose dot product with the query is one of the `k` largest
   */
  candidates(query: Float32Array, size: number, k: number): number[]
}

const PAGE = 2 ** 16
const MOST_PAGES = 2 ** 16
const ROW_MAX = 127
const INT32_MAX = 2 ** 31 - 1
// Covers the rounding of the float64 arithmetic here and of the float32 values kept.
const SLACK = 1e-6

export function createSketch(dimension: number): Sketch {
  const { memory, dots } = loadDots()
  // 16 bytes a step; what is beyond the dimension stays zero in the query and so does not count.
  const stride = Math.ceil(dimension / 16) * 16
  const queryMax = Math.min(2 ** 15 - 1, Math.floor(INT32_MAX / (ROW_MAX * stride)))
  const rowsAt = 2 * stride
  let capacity = 0
  let usable = true
  let bytes = new Int8Array(memory.buffer)
  let scales = new Float32Array(0)
  // Of all rows that ever were: too large a bound costs time, never a result.
  let largestError = 0
  let largestLength = 0

  // The results lie behind the rows, so that the rows never move.
  const resultsAt = () => rowsAt + capacity * stride

  function reserve(rows: number): boolean {
    if (rows <= capacity) return true
    const wanted = Math.max(rows, 2 * capacity, 64)
    const pages = Math.ceil((rowsAt + wanted * (stride + 4)) / PAGE)
    try {
      if (pages > MOST_PAGES) throw new RangeError('beyond 4 GiB')
      const held = memory.buffer.byteLength / PAGE
      if (pages > held) memory.grow(pages - held)
    } catch {
      usable = false
      return false
    }
    capacity = wanted
    bytes = new Int8Array(memory.buffer)
    scales = grown(scales, capacity)
    return true
  }

  return {
    get usable() {
      return usable
    },
    set(row, vector) {
      if (!usable || !reserve(row + 1)) return
      const at = rowsAt + row * stride
      const { scale, error, length } = quantise(vector, ROW_MAX, bytes.subarray(at, at + dimension))
      scales[row] = scale
      largestError = Math.max(largestError, error)
      largestLength = Math.max(largestLength, length)
    },
    move(from, to) {
      if (!usable) return
      const at = rowsAt + from * stride
      bytes.copyWithin(rowsAt + to * stride, at, at + stride)
      bytes.fill(0, at, at + stride)
      scales[to] = scales[from] as number
      scales[from] = 0
    },
    candidates(query, size, k) {
      const { scale, error, length } = quantise(query, queryMax, new Int16Array(memory.buffer, 0, dimension))
      dots(rowsAt, size, stride, 0, resultsAt())
      const products = new Int32Array(memory.buffer, resultsAt(), size)
      // The query's own length may exceed that of its integers by the error at most.
      const queryLength = length + error
      const width = queryLength * largestError + error * largestLength
      const reach = width + SLACK * (width + queryLength * largestLength)
      // In units of the query's scale. The k-th best row is at least `least - slack / 2`, and a row is at most its middle and that.
      const slack = scale === 0 ? Number.POSITIVE_INFINITY : (2 * reach) / scale
      const best = createLargest(k)
      const rows: number[] = []
      const middles: number[] = []
      let enough = Number.NEGATIVE_INFINITY
      for (let row = 0; row < size; row++) {
        const middle = (products[row] as number) * (scales[row] as number)
        if (middle < enough) continue
        rows.push(row)
        middles.push(middle)
        best.offer(middle)
        enough = best.least() - slack
      }
      // The first rows were taken while less was enough.
      return rows.filter((_, i) => (middles[i] as number) >= enough)
    },
  }
}

function grown(values: Float32Array<ArrayBuffer>, capacity: number): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(capacity)
  larger.set(values)
  return larger
}

/**
 * Writes a vector as integers of up to `max`.
 * @returns `scale`: integer times scale is about the value; `error`: length of the difference; `length`: of what the integers stand for
 */
function quantise(vector: Float32Array, max: number, into: Int8Array | Int16Array) {
  let largest = 0
  for (const value of vector) largest = Math.max(largest, Math.abs(value))
  // As it will be kept: in float32.
  const scale = Math.fround(largest / max)
  let squaredError = 0
  let squaredLength = 0
  // Any rounding is right as long as the error is measured by what came out.
  const inverse = scale === 0 ? 0 : 1 / scale
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] as number
    const integer = Math.max(-max, Math.min(max, Math.round(value * inverse)))
    const meant = integer * scale
    into[i] = integer
    squaredError += (value - meant) * (value - meant)
    squaredLength += meant * meant
  }
  return { scale, error: Math.sqrt(squaredError), length: Math.sqrt(squaredLength) }
}

/** Keeps the `k` largest of the numbers offered, in a heap with the least on top. */
function createLargest(k: number) {
  const heap = new Float64Array(k).fill(Number.NEGATIVE_INFINITY)
  return {
    least: () => heap[0] as number,
    offer(value: number): void {
      if (value <= (heap[0] as number)) return
      let at = 0
      for (;;) {
        const left = 2 * at + 1
        if (left >= k) break
        const child = left + 1 < k && (heap[left + 1] as number) < (heap[left] as number) ? left + 1 : left
        if (value <= (heap[child] as number)) break
        heap[at] = heap[child] as number
        at = child
      }
      heap[at] = value
    },
  }
}
