import { createHnswGraph } from './hnsw-graph.js'
import { bestOf } from './nearest.js'
import type { Product } from './product.js'
import { createRows } from './rows.js'
import type { ThreadIndex } from './serve-indexes.js'
import type { Hits } from './vector-index.js'

export interface HnswSettings {
  /** Threads of one addition to a graph. */
  readonly threads: number
  /** From how many vectors on an index has a graph; below, every vector is compared. */
  readonly graphFrom: number
}

// A few ms of work, which no search notices.
const ADDED_AT_ONCE = 32
// As many vectors are compared in float in about the time that the graph takes.
const MOST_COMPARED = 1_024
// For what int8 confuses, and for vectors that equal each other.
const MORE_CANDIDATES = 32
// A search through the graph looks at about this many vectors for each that is wanted.
const LOOKED_AT_FOR_EACH = 16
// A rebuilt graph must have paid for itself.
const LEAST_REMOVED = 1_024

/**
 * Vectors in rows, and a graph that follows them. The rows are the truth: a vector is found as soon as it is in them, and its score is
 * computed from them. What the graph still lacks is compared directly, or, when that is much, everything by a matrix product: so an index
 * answers, right if slower, while its graph is being built, and so a graph can be thrown away and built anew when too many vectors have
 * been taken out of it.
 */
export function createHnswIndex(dimension: number, product: Product, settings: HnswSettings): ThreadIndex {
  const rows = createRows(dimension)
  let graph = createHnswGraph(dimension, settings.threads)
  const lacking = new Set<number>()

  function leaveGraph(ids: readonly number[]): void {
    graph.remove(ids.filter((id) => !lacking.has(id)))
  }

  function startAnew(): void {
    graph = createHnswGraph(dimension, settings.threads)
    for (let row = 0; row < rows.size; row++) lacking.add(rows.idOf(row))
  }

  function nearestTo(query: Float32Array, k: number): Hits {
    const candidates = [...graph.near(query, k + MORE_CANDIDATES), ...lacking]
    return bestOf(
      rows,
      candidates.map((id) => rows.rowOf(id) as number),
      query,
      k,
    )
  }

  return {
    rows: {
      dimension,
      get size() {
        return rows.size
      },
      upsert(ids, vectors) {
        leaveGraph([...new Set(ids)])
        rows.upsert(ids, vectors)
        for (const id of ids) lacking.add(id)
      },
      remove(ids) {
        leaveGraph([...new Set(ids)])
        rows.remove(ids)
        for (const id of ids) lacking.delete(id)
      },
      snapshot: () => rows.snapshot(),
    },
    async search(queries, wanted) {
      const k = Math.min(wanted, rows.size)
      if (k === 0 || lacking.size > MOST_COMPARED || k * LOOKED_AT_FOR_EACH > rows.size) {
        return product.nearest(rows, queries, k)
      }
      const hits: Hits[] = []
      for (let from = 0; from < queries.length; from += dimension) {
        const query = queries.subarray(from, from + dimension)
        const found = nearestTo(query, k)
        // A graph may have lost the way to some vectors; fewer than asked for would mean that there are no others.
        hits.push(...(found.ids.length === k ? [found] : await product.nearest(rows, query, k)))
      }
      return hits
    },
    tidy() {
      if (rows.size < settings.graphFrom) {
        if (graph.size > 0 && rows.size < settings.graphFrom / 2) startAnew()
        return false
      }
      if (graph.removed > Math.max(LEAST_REMOVED, rows.size / 2)) startAnew()
      const ids: number[] = []
      for (const id of lacking) {
        if (ids.push(id) === ADDED_AT_ONCE) break
      }
      const vectors = new Float32Array(ids.length * dimension)
      ids.forEach((id, i) => {
        const at = (rows.rowOf(id) as number) * dimension
        vectors.set(rows.matrix.subarray(at, at + dimension), i * dimension)
      })
      graph.add(ids, vectors)
      for (const id of ids) lacking.delete(id)
      return lacking.size > 0
    },
  }
}
