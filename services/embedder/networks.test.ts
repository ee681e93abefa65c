import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ENGINES, type EngineName } from '../../libs/engine/engine.js'
import type { RgbImage } from '../../libs/image/rgb-image.js'
import { smallModel } from '../../libs/models/testing/small-model.js'
import { createRandom } from '../../libs/random/random.js'
import { createNetworks, type Networks } from './networks.js'

const { card } = smallModel(1)
const SIDE = card.input.width

/** The same pictures every time: a run gives them away. */
function pictures(count: number): RgbImage[] {
  const random = createRandom(1n)
  return Array.from({ length: count }, () => ({
    width: SIDE,
    height: SIDE,
    data: Uint8Array.from({ length: SIDE * SIDE * 3 }, () => random.integer(0, 255)),
  }))
}

let networks: Networks | undefined
afterEach(() => networks?.close())

async function features(engine: EngineName, seed: number, count: number): Promise<Float32Array[]> {
  networks = createNetworks(engine, 1)
  const network = networks.create(smallModel(seed).onnx, card)
  try {
    return await network.run(pictures(count))
  } finally {
    await network.close()
  }
}

describe.each(ENGINES)('networks on %s', (engine) => {
  let expected: readonly Float32Array[]
  beforeAll(async () => {
    expected = await features('onnxruntime', 1, 3)
  })

  it('answer what the file says, whatever the batch', { timeout: 120_000 }, async () => {
    for (const count of [3, 1]) {
      const seen = await features(engine, 1, count)
      expect(seen).toHaveLength(count)
      for (const [i, row] of seen.entries()) {
        expect(row).toHaveLength(card.dimension)
        for (const [j, value] of row.entries()) expect(value).toBeCloseTo(expected[i]?.[j] ?? Number.NaN, 4)
      }
    }
  })

  it('work side by side, and go on when one is closed', { timeout: 120_000 }, async () => {
    networks = createNetworks(engine, 1)
    const [one, two] = [1, 2].map((seed) => networks?.create(smallModel(seed).onnx, card))
    const [first, second] = await Promise.all([one?.run(pictures(2)), two?.run(pictures(2))])
    expect(first?.[0]).not.toEqual(second?.[0])
    await one?.close()
    expect(await two?.run(pictures(2))).toEqual(second)
    await two?.close()
  })

  it('say that a file is none', { timeout: 120_000 }, async () => {
    networks = createNetworks(engine, 1)
    const network = networks.create(new Uint8Array(100), card)
    await expect(network.run(pictures(1))).rejects.toMatchObject({
      reason: engine === 'tensorflow' ? 'MODEL_CORRUPT' : 'MODEL_LOAD_FAILED',
    })
    await network.close()
  })
})
