import { pixelTensor } from '../../../libs/dataset/loader/pixels.js'
import type { Engine } from '../../../libs/engine/engine.js'
import type { ModelCard } from '../../../libs/models/model-card.js'

/** A face network as it is measured. */
export interface FaceNetwork {
  /**
   * @param pixels prepared pictures in the card's layout, any number of them; their buffer may be given away
   * @returns a feature for each, as the network answers it
   * @throws DomainError ENGINE_RUN_FAILED
   */
  run(pixels: Float32Array): Promise<Float32Array[]>
  close(): Promise<void>
}

/** @param engine runs the network of the card */
export function createFaceNetwork(engine: Engine, card: ModelCard): FaceNetwork {
  const { input, inputName, outputName, dimension } = card
  const length = input.width * input.height * 3

  const runOnce = async (pixels: Float32Array): Promise<Float32Array[]> => {
    // Counted first: the buffer moves to the engine's thread.
    const count = pixels.length / length
    const outputs = await engine.run({ [inputName]: pixelTensor(pixels, input) })
    const { data } = outputs[outputName] ?? {}
    if (data?.length !== count * dimension)
      throw new Error(`The network did not answer ${count} x ${dimension} values.`)
    return Array.from({ length: count }, (_, i) => data.subarray(i * dimension, (i + 1) * dimension))
  }

  return {
    async run(pixels) {
      if (pixels.length === 0) return []
      if (card.batch === 'dynamic') return runOnce(pixels)
      const features: Float32Array[] = []
      for (let from = 0; from < pixels.length; from += length) {
        features.push(...(await runOnce(pixels.slice(from, from + length))))
      }
      return features
    },
    close: () => engine.close(),
  }
}
