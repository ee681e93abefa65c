import { availableParallelism } from 'node:os'
import { createOnnxRuntimeEngine } from '../engine/onnxruntime.js'
import type { OnnxRuntimeEngine } from '../engine/session-engine.js'
import { multiplyPairs } from './multiply-pairs.js'
import { multiplyRows } from './multiply-rows.js'
import { pickedProductGraph, productGraph } from './product-graphs.js'
import { MOST_THREADS } from './row-block.js'

/** Two matrices of float32, row by row. */
export interface Sides {
  readonly left: Float32Array
  /** May be the same array. */
  readonly right: Float32Array
  readonly dimension: number
}

/** Dot products of rows. In the answer to one call equal rows have equal products, wherever they are; NaN gives NaN. */
export interface DotProducts {
  /**
   * Products of pairs of rows; fastest where many pairs that share a row of `left` follow each other.
   * @param lefts indices of rows of the left matrix
   * @param rights as many of the right one
   * @returns a product for each pair
   */
  ofPairs(sides: Sides, lefts: Uint32Array, rights: Uint32Array): Promise<Float32Array>
  /**
   * Products of some rows of the left matrix with some of the right one.
   * @param onRow takes the products of one row after the other, with its place in `lefts`; the array is used again afterwards
   */
  ofRows(
    sides: Sides,
    lefts: Uint32Array,
    rights: Uint32Array,
    onRow: (place: number, products: Float32Array) => void,
  ): Promise<void>
  close(): Promise<void>
}

/** Opens dot products through ONNX Runtime, in threads of their own. */
export function openDotProducts(): DotProducts {
  const threads = Math.min(MOST_THREADS, availableParallelism())
  const engines = new Map<() => Uint8Array, Promise<OnnxRuntimeEngine>>()
  // Not before it is needed: an experiment has pairs or searches.
  const engineOf = (graph: () => Uint8Array) => {
    const engine = engines.get(graph) ?? createOnnxRuntimeEngine({ model: graph(), threads })
    engines.set(graph, engine)
    return engine
  }
  return {
    ofPairs: (sides, lefts, rights) => multiplyPairs(() => engineOf(pickedProductGraph), sides, lefts, rights),
    ofRows: async (sides, lefts, rights, onRow) =>
      multiplyRows(await engineOf(productGraph), sides, lefts, rights, onRow),
    async close() {
      for (const engine of engines.values()) await (await engine).close()
    },
  }
}
