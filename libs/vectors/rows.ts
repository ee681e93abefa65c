import type { Snapshot } from './vector-index.js'

/** Vectors in one contiguous buffer without gaps, each under an id. */
export interface Rows {
  readonly dimension: number
  /** Number of rows in use. */
  readonly size: number
  /** The rows in use, row-major [size x dimension]; a view that the next change makes invalid. */
  readonly matrix: Float32Array
  /** The id of a row. */
  idOf(row: number): number
  /** The row of an id; undefined when it has none. */
  rowOf(id: number): number | undefined
  /** @param vectors row-major [ids.length x dimension] */
  upsert(ids: Float64Array, vectors: Float32Array): void
  remove(ids: Float64Array): void
  snapshot(): Snapshot
}

/** Follows the changes of rows, to keep something beside each. */
export interface RowMirror {
  set(row: number, vector: Float32Array): void
  /** Copies row `from` to row `to` and wipes `from`; only wipes where they are the same. */
  move(from: number, to: number): void
}

const LEAST_CAPACITY = 64

/**
 * Starts an empty set of rows. It doubles when full and halves when three quarters are empty; the last row moves into the place of a
 * removed one, so that the matrix has no holes and can be handed to a matrix product as it is.
 */
export function createRows(dimension: number, mirror?: RowMirror): Rows {
  let data = new Float32Array(LEAST_CAPACITY * dimension)
  let ids = new Float64Array(LEAST_CAPACITY)
  let size = 0
  const rowOf = new Map<number, number>()

  function resize(capacity: number): void {
    const grownData = new Float32Array(capacity * dimension)
    const grownIds = new Float64Array(capacity)
    grownData.set(data.subarray(0, size * dimension))
    grownIds.set(ids.subarray(0, size))
    data = grownData
    ids = grownIds
  }

  return {
    dimension,
    get size() {
      return size
    },
    get matrix() {
      return data.subarray(0, size * dimension)
    },
    idOf: (row) => ids[row] as number,
    rowOf: (id) => rowOf.get(id),
    upsert(newIds, vectors) {
      const needed = size + newIds.length
      if (needed > ids.length) resize(Math.max(needed, 2 * ids.length))
      newIds.forEach((id, i) => {
        const row = rowOf.get(id) ?? size++
        rowOf.set(id, row)
        ids[row] = id
        const vector = vectors.subarray(i * dimension, (i + 1) * dimension)
        data.set(vector, row * dimension)
        mirror?.set(row, vector)
      })
    },
    remove(goneIds) {
      for (const id of goneIds) {
        const row = rowOf.get(id)
        if (row === undefined) continue
        const last = --size
        const lastId = ids[last] as number
        rowOf.set(lastId, row)
        rowOf.delete(id)
        ids[row] = lastId
        data.copyWithin(row * dimension, last * dimension, (last + 1) * dimension)
        // A deleted template must not linger in memory.
        data.fill(0, last * dimension, (last + 1) * dimension)
        mirror?.move(last, row)
      }
      if (size < ids.length / 4 && ids.length > LEAST_CAPACITY) resize(Math.max(LEAST_CAPACITY, 2 * size))
    },
    snapshot: () => ({ ids: ids.slice(0, size), vectors: data.slice(0, size * dimension) }),
  }
}
