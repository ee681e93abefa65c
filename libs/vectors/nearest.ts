import type { Product } from './product.js'
import type { Rows } from './rows.js'
import type { Sketch } from './sketch.js'
import type { Hits } from './vector-index.js'

// Up to here the sketch, which costs the same for each query, is faster than the product, which reads the matrix once (README.md).
const MOST_SKETCHED_QUERIES = 3
const MOST_SKETCHED_K = 1_000

/**
 * The exact `wanted` best rows for each query: few queries through the sketch, many through one matrix product.
 * @param queries row-major [n x dimension]
 */
export async function nearest(
  rows: Rows,
  sketch: Sketch,
  product: Product,
  queries: Float32Array,
  wanted: number,
): Promise<Hits[]> {
  const { dimension } = rows
  const count = queries.length / dimension
  const k = Math.min(wanted, rows.size)
  if (k === 0 || !sketch.usable || count > MOST_SKETCHED_QUERIES || k > MOST_SKETCHED_K) {
    return product.nearest(rows, queries, k)
  }
  return Array.from({ length: count }, (_, i) => {
    const query = queries.subarray(i * dimension, (i + 1) * dimension)
    return bestOf(rows, sketch.candidates(query, rows.size, k), query, k)
  })
}

/** The `k` best of some rows, compared in float with the query. */
export function bestOf(rows: Rows, candidates: readonly number[], query: Float32Array, k: number): Hits {
  const { dimension, matrix } = rows
  const compared = candidates.map((row) => {
    const at = row * dimension
    let score = 0
    for (let i = 0; i < dimension; i++) score += (query[i] as number) * (matrix[at + i] as number)
    return { row, score }
  })
  const best = compared.sort((a, b) => b.score - a.score).slice(0, k)
  return {
    ids: Float64Array.from(best, ({ row }) => rows.idOf(row)),
    scores: Float32Array.from(best, ({ score }) => score),
  }
}
