import type { InferenceSession } from 'onnxruntime-node'
import { Tensor } from 'onnxruntime-node'
import type { Rows } from './rows.js'
import type { Sketch } from './sketch.js'
import type { Hits } from './vector-index.js'

/** The most queries in one product: more gain no speed. */
export const MOST_QUERIES = 64

// 32 MiB of cosines at a time.
const MOST_COSINES = 2 ** 23
// Up to here the sketch, which costs the same for each query, is faster than the product, which reads the matrix once (README.md).
const MOST_SKETCHED_QUERIES = 3
const MOST_SKETCHED_K = 1_000

/**
 * The exact `wanted` best rows for each query: few queries through the sketch, many through one matrix product.
 * @param queries row-major [n x dimension]
 * @param topK a session of the graph in top-k-graph.ts
 */
export async function nearest(
  rows: Rows,
  sketch: Sketch,
  topK: InferenceSession,
  queries: Float32Array,
  wanted: number,
): Promise<Hits[]> {
  const { dimension } = rows
  const count = queries.length / dimension
  const k = Math.min(wanted, rows.size)
  if (k === 0) return Array.from({ length: count }, () => ({ ids: new Float64Array(0), scores: new Float32Array(0) }))
  if (sketch.usable && count <= MOST_SKETCHED_QUERIES && k <= MOST_SKETCHED_K) {
    return Array.from({ length: count }, (_, i) =>
      compareCandidates(rows, sketch, queries.subarray(i * dimension, (i + 1) * dimension), k),
    )
  }
  const step = Math.max(1, Math.min(MOST_QUERIES, Math.floor(MOST_COSINES / rows.size)))
  const hits: Hits[] = []
  for (let from = 0; from < count; from += step) {
    const block = queries.subarray(from * dimension, (from + step) * dimension)
    hits.push(...(await compareAll(rows, topK, block, k)))
  }
  return hits
}

function compareCandidates(rows: Rows, sketch: Sketch, query: Float32Array, k: number): Hits {
  const { dimension, matrix } = rows
  const compared = sketch.candidates(query, rows.size, k).map((row) => {
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

async function compareAll(rows: Rows, topK: InferenceSession, queries: Float32Array, k: number): Promise<Hits[]> {
  const { dimension, size, matrix } = rows
  const n = queries.length / dimension
  const best = await topK.run({
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
