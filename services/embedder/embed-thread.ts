// Runs in a thread of its own: the network computes in the thread that calls it.
import { workerData } from 'piscina'
import { DomainError } from '../../libs/config/domain-error.js'
import { once } from '../../libs/config/once.js'
import { toThreadResult } from '../../libs/config/thread-result.js'
import { createSessionEngine } from '../../libs/engine/session-engine.js'
import { preparePixels } from '../../libs/models/prepare-pixels.js'
import type { EmbedTask, EmbedThreadData } from './embed-task.js'

const { onnx, card, threads } = workerData as EmbedThreadData
const { width, height, layout } = card.input
const size = width * height * 3
const shape = layout === 'NCHW' ? [3, height, width] : [height, width, 3]
const engine = once(() => createSessionEngine({ model: onnx, threads }).catch(rethrow('MODEL_LOAD_FAILED')))
// Batches are megabytes: one buffer serves them all, where new ones would keep the garbage collector busy.
let pixels = new Float32Array(size)

/** @returns the features of all chips, row after row, as the network answers them */
export default function run({ chips }: EmbedTask) {
  return toThreadResult(async (): Promise<Float32Array> => {
    const { run: runNetwork } = await engine.get()
    if (pixels.length < chips.length * size) pixels = new Float32Array(chips.length * size)
    chips.forEach((chip, index) => {
      preparePixels(chip, card.input, pixels, index * size)
    })
    const batch = { dims: [chips.length, ...shape], data: pixels.subarray(0, chips.length * size) }
    const outputs = await runNetwork({ [card.inputName]: batch }).catch(rethrow('ENGINE_RUN_FAILED'))
    const features = outputs[card.outputName]
    if (features?.data.length !== chips.length * card.dimension) {
      throw new DomainError(
        'ENGINE_RUN_FAILED',
        `The network did not answer ${chips.length} x ${card.dimension} values.`,
      )
    }
    return features.data
  })
}

function rethrow(reason: 'MODEL_LOAD_FAILED' | 'ENGINE_RUN_FAILED') {
  return (cause: unknown): never => {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new DomainError(reason, `ONNX Runtime refuses the network: ${said}`, {}, cause)
  }
}
