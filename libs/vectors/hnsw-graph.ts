import { Index, MetricKind, ScalarKind } from 'usearch'

/**
 * A navigable small world graph (Malkov and Yashunin, arXiv:1603.09320) over int8 copies of the vectors, a quarter of their bytes. It says
 * which vectors are probably near, not how near.
 */
export interface HnswGraph {
  /** Vectors in it. */
  readonly size: number
  /** How many were ever taken out: their places are used again, which costs the graph some of its quality. */
  readonly removed: number
  /** Adds vectors whose ids are not in it. @param vectors row-major [ids.length x dimension] */
  add(ids: readonly number[], vectors: Float32Array): void
  /** Ids that are not in it are passed over. */
  remove(ids: readonly number[]): void
  /** @param query [dimension] @returns the ids of about the `k` nearest */
  near(query: Float32Array, k: number): number[]
}

// Measured on embeddings shaped like the default model's (README.md): links a vector, and how many vectors are looked at for a place to
// add one and for an answer.
const LINKS = 16
const LOOKED_AT_TO_ADD = 128
const LOOKED_AT_TO_SEARCH = 512

/** Starts an empty graph. @param threads of one addition */
export function createHnswGraph(dimension: number, threads: number): HnswGraph {
  const graph = new Index({
    dimensions: dimension,
    metric: MetricKind.Cos,
    quantization: ScalarKind.I8,
    connectivity: LINKS,
    expansion_add: LOOKED_AT_TO_ADD,
    expansion_search: LOOKED_AT_TO_SEARCH,
    multi: false,
  })
  let size = 0
  let removed = 0

  return {
    get size() {
      return size
    },
    get removed() {
      return removed
    },
    add(ids, vectors) {
      if (ids.length === 0) return
      graph.add(keysOf(ids), vectors, threads)
      size += ids.length
    },
    remove(ids) {
      if (ids.length === 0) return
      const counts = graph.remove(keysOf(ids)) as number[]
      const gone = counts.reduce((sum, count) => sum + count, 0)
      size -= gone
      removed += gone
    },
    near(query, k) {
      // An empty graph has not reserved what a search needs.
      if (size === 0 || k === 0) return []
      return Array.from(graph.search(query, Math.min(k, size), 1).keys, Number)
    },
  }
}

const keysOf = (ids: readonly number[]) => BigUint64Array.from(ids, BigInt)
