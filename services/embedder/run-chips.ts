import { DomainError } from '../../libs/config/domain-error.js'
import type { Engine } from '../../libs/engine/engine.js'
import type { RgbImage } from '../../libs/image/rgb-image.js'
import { preparePixels } from '../../libs/models/prepare-pixels.js'
import type { NetworkCard } from './embed-task.js'

/** Embeds faces of exactly the size of a network's input. @returns the features, row after row, as the network answers them */
export type RunChips = (chips: readonly RgbImage[]) => Promise<Float32Array>

/**
 * Makes an engine of tensors one of faces. One batch at a time.
 * @param name of the engine, for its errors
 * @throws DomainError (the function) ENGINE_RUN_FAILED, CHIP_SIZE_MISMATCH
 */
export function createRunChips(engine: Pick<Engine, 'run'>, card: NetworkCard, name: string): RunChips {
  const { width, height, layout } = card.input
  const size = width * height * 3
  const shape = layout === 'NCHW' ? [3, height, width] : [height, width, 3]
  // Batches are megabytes: one buffer serves them all, where new ones would keep the garbage collector busy.
  let pixels = new Float32Array(size)
  return async (chips) => {
    if (pixels.length < chips.length * size) pixels = new Float32Array(chips.length * size)
    chips.forEach((chip, index) => {
      preparePixels(chip, card.input, pixels, index * size)
    })
    const batch = { dims: [chips.length, ...shape], data: pixels.subarray(0, chips.length * size) }
    const outputs = await engine.run({ [card.inputName]: batch }).catch(refused('ENGINE_RUN_FAILED', name))
    const features = outputs[card.outputName]
    if (features?.data.length !== chips.length * card.dimension) {
      throw new DomainError(
        'ENGINE_RUN_FAILED',
        `The network did not answer ${chips.length} x ${card.dimension} values.`,
      )
    }
    return features.data
  }
}

/** @returns a function that throws what an engine said, in our words */
export function refused(reason: 'MODEL_LOAD_FAILED' | 'ENGINE_RUN_FAILED', name: string): (cause: unknown) => never {
  return (cause) => {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new DomainError(reason, `${name} refuses the network: ${said}`, {}, cause)
  }
}
