import { InferenceSession, Tensor } from 'onnxruntime-node'
import { sessionOptions } from '../engine/session-options.js'
import type { Rows } from './rows.js'
import { MOST_QUERIES } from './serve-indexes.js'
import type { ProductSettings } from './top-k-graph.js'
import type { Hits } from './vector-index.js'

/** Compares queries with every row by matrix products. */
export interface Product {
  /**
   * @param queries row-major [n x dimension]
   * @returns for each query the exact min(k, size) best
   */
  nearest(rows: Rows, queries: Float32Array, k: number): Promise<Hits[]>
  release(): Promise<void>
}

// 32 MiB of cosines at a time.
const MOST_COSINES = 2 ** 23

/** Loads the graph of top-k-graph.ts. */
export async function openProduct({ graph, threads }: ProductSettings): Promise<Product> {
  const session = await InferenceSession.create(graph, sessionOptions(threads))

  async function compare(rows: Rows, queries: Float32Array, k: number): Promise<Hits[]> {
    const { dimension, size, matrix } = rows
    const n = queries.length / dimension
    const best = await session.run({
      queries: new Tensor('float32', queries, [n, dimension]),
      matrix: new Tensor('float32', matrix, [size, dimension]),
      k: new Tensor('int64', BigInt64Array.of(BigInt(k)), [1]),
    })
    const scores = best.scores?.data as Float32Array
    const found = best.rows?.data as BigInt64Array
    return Array.from({ length: n }, (_, i) => ({
      ids: Float64Array.from(found.subarray(i * k, (i + 1) * k), (row) => rows.idOf(Number(row))),
      scores: scores.slice(i * k, (i + 1) * k),
    }))
  }

  return {
    async nearest(rows, queries, wanted) {
      const { dimension, size } = rows
      const k = Math.min(wanted, size)
      if (k === 0) {
        const nothing = { ids: new Float64Array(0), scores: new Float32Array(0) }
        return Array.from({ length: queries.length / dimension }, () => nothing)
      }
      const step = Math.max(1, Math.min(MOST_QUERIES, Math.floor(MOST_COSINES / size))) * dimension
      const hits: Hits[] = []
      for (let from = 0; from < queries.length; from += step) {
        hits.push(...(await compare(rows, queries.subarray(from, from + step), k)))
      }
      return hits
    },
    release: () => session.release(),
  }
}
