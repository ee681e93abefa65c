import type { SharedFloats } from './shared-floats.js'

/** Rows of the left matrix that are multiplied at a time, and products: 32 MiB of them. */
const MOST_ROWS = 256
export const MOST_PRODUCTS = 1 << 23
/** ONNX Runtime sums a lone row, and those at the edge of a block, in another order: rows are filled up to a multiple of this. */
const TILE = 16
/** So many threads never share a block out so thinly that one of them gets a lone row. */
export const MOST_THREADS = TILE

/** @returns the most rows of a block that is multiplied with so many */
export const rowsBeside = (columns: number) => Math.min(MOST_ROWS, Math.max(TILE, Math.floor(MOST_PRODUCTS / columns)))

/** @returns how many rows a block of so many is filled up to */
export const filledUp = (rows: number) => Math.ceil(rows / TILE) * TILE

/** Rows that stand side by side, as a tensor [rows x dimension]. */
export interface RowBlock {
  readonly dims: readonly [rows: number, dimension: number]
  readonly data: Float32Array
}

/** Copies rows of a matrix; what comes behind them, up to a multiple of TILE, is whatever the memory held. */
export function gatherRows(
  { matrix, dimension }: { readonly matrix: Float32Array; readonly dimension: number },
  rows: Uint32Array,
  memory: SharedFloats,
): RowBlock {
  const count = filledUp(rows.length)
  const data = memory(count * dimension)
  for (const [place, row] of rows.entries()) {
    data.set(matrix.subarray(row * dimension, (row + 1) * dimension), place * dimension)
  }
  return { dims: [count, dimension], data }
}
