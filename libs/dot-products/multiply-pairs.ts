import type { OnnxRuntimeEngine } from '../engine/session-engine.js'
import type { Sides } from './dot-products.js'
import { createLine, inTurn } from './line.js'
import { pairBlocks, placePairs } from './pair-blocks.js'
import { filledUp, gatherRows, MOST_PRODUCTS, rowsBeside } from './row-block.js'
import { createSharedFloats, shared } from './shared-floats.js'

/** Products in blocks that may be worked out for one that is wanted: a loop in JavaScript is not faster. */
const SPARE = 32

/**
 * Products of pairs of rows: those of a block of rows of the left matrix with all of the right one, of which the wanted ones are picked;
 * where few of them would be wanted, pair by pair.
 * @param open gives the engine of pickedProductGraph
 * @returns a product for each pair, in shared memory
 */
export async function multiplyPairs(
  open: () => Promise<OnnxRuntimeEngine>,
  sides: Sides,
  lefts: Uint32Array,
  rights: Uint32Array,
): Promise<Float32Array> {
  const { left, right, dimension } = sides
  const width = filledUp(right.length / dimension)
  const most = rowsBeside(width)
  const blocks = pairBlocks(lefts, left.length / dimension, most)
  if (most * width > MOST_PRODUCTS || blocks.length * most * width > SPARE * lefts.length) {
    return oneByOne(sides, lefts, rights)
  }

  const all = Uint32Array.from({ length: right.length / dimension }, (_, row) => row)
  const columns = gatherRows({ matrix: right, dimension }, all, createSharedFloats())
  const engine = await open()
  const products = shared(lefts.length)
  const [rowsInTurn, placesInTurn] = [inTurn(createSharedFloats), inTurn(createSharedFloats)]
  const line = createLine()
  for (const block of blocks) {
    const { rows, from, to } = block
    const places = placesInTurn()(to - from)
    placePairs(block, { lefts, rights }, width, places)
    const feeds = {
      left: gatherRows({ matrix: left, dimension }, rows, rowsInTurn()),
      right: columns,
      places: { dims: [places.length], data: places },
    }
    await line.add(engine.run(feeds, { picked: products.subarray(from, to) }))
  }
  await line.end()
  return products
}

function oneByOne({ left, right, dimension }: Sides, lefts: Uint32Array, rights: Uint32Array): Float32Array {
  return Float32Array.from(lefts, (row, i) => {
    const [from, other] = [row * dimension, (rights[i] as number) * dimension]
    let sum = 0
    for (let d = 0; d < dimension; d++) sum += (left[from + d] as number) * (right[other + d] as number)
    return sum
  })
}
