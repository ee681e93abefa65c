import type { OnnxRuntimeEngine } from '../engine/session-engine.js'
import type { Sides } from './dot-products.js'
import { createLine, inTurn } from './line.js'
import { gatherRows, rowsBeside } from './row-block.js'
import { createSharedFloats } from './shared-floats.js'

/**
 * Products of rows of the left matrix with rows of the right one, a block of rows at a time.
 * @param engine of productGraph
 * @param onRow takes the products of one row after the other; the array is used again afterwards
 */
export async function multiplyRows(
  engine: OnnxRuntimeEngine,
  { left, right, dimension }: Sides,
  lefts: Uint32Array,
  rights: Uint32Array,
  onRow: (place: number, products: Float32Array) => void,
): Promise<void> {
  const columns = gatherRows({ matrix: right, dimension }, rights, createSharedFloats())
  const [width] = columns.dims
  const [rowsInTurn, productsInTurn] = [inTurn(createSharedFloats), inTurn(createSharedFloats)]
  const line = createLine()
  const step = rowsBeside(width)
  for (let from = 0; from < lefts.length; from += step) {
    const places = lefts.subarray(from, from + step)
    const rows = gatherRows({ matrix: left, dimension }, places, rowsInTurn())
    const products = productsInTurn()(rows.dims[0] * width)
    await line.add(engine.run({ left: rows, right: columns }, { products }), () => {
      for (let i = 0; i < places.length; i++) {
        onRow(from + i, products.subarray(i * width, i * width + rights.length))
      }
    })
  }
  await line.end()
}
