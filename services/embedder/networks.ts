import { once } from '../../libs/config/once.js'
import { createThreadPool } from '../../libs/config/thread-pool.js'
import { workerFile } from '../../libs/config/worker-file.js'
import type { EngineName } from '../../libs/engine/engine.js'
import type { RgbImage } from '../../libs/image/rgb-image.js'
import type { ModelCard } from '../../libs/models/model-card.js'
import type { EmbedTask, EmbedThreadData, NetworkCard, TensorFlowTask } from './embed-task.js'

/** A face network in a thread. */
export interface Network {
  /**
   * Runs a batch.
   * @param chips each of exactly the size of the network's input; their pixels move to the thread and must not be used again
   * @returns a feature vector for each, as the network answers it
   * @throws DomainError MODEL_LOAD_FAILED, ENGINE_RUN_FAILED, CHIP_SIZE_MISMATCH; of TensorFlow also TENSORFLOW_MISSING,
   *   MODEL_OPS_UNSUPPORTED
   */
  run(chips: readonly RgbImage[]): Promise<Float32Array[]>
  close(): Promise<void>
}

/** Where networks run. */
export interface Networks {
  /** Starts a network; it is loaded at its first run. */
  create(onnx: Uint8Array, card: ModelCard): Network
  /** To be called after all networks are closed. */
  close(): Promise<void>
}

/** @param threads threads of one operator; TensorFlow has its own setting for that */
export function createNetworks(engine: EngineName, threads: number): Networks {
  return engine === 'tensorflow' ? createTensorFlowNetworks() : createSessionNetworks(threads)
}

/** Each in a thread of its own. */
function createSessionNetworks(threads: number): Networks {
  return {
    create(onnx, card) {
      const data: EmbedThreadData = { onnx, card: partsOf(card), threads }
      const file = workerFile(import.meta.url, './embed-thread.js')
      const thread = createThreadPool<EmbedTask, Float32Array>({ file, threads: 1, data })
      return {
        run: async (chips) => rows(await thread.run({ chips }, { move: buffersOf(chips) }), chips.length),
        close: () => thread.close(),
      }
    },
    async close() {},
  }
}

/** All in one thread. */
function createTensorFlowNetworks(): Networks {
  const file = workerFile(import.meta.url, './tensorflow-thread.js')
  const thread = createThreadPool<TensorFlowTask, Float32Array>({ file, threads: 1, sharesEnvironment: true })
  let created = 0
  return {
    create(onnx, card) {
      const network = created++
      const loaded = once(() => thread.run({ kind: 'load', network, onnx, card: partsOf(card) }))
      return {
        async run(chips) {
          await loaded.get()
          return rows(await thread.run({ kind: 'run', network, chips }, { move: buffersOf(chips) }), chips.length)
        },
        async close() {
          if (await loaded.made()) await thread.run({ kind: 'close', network })
        },
      }
    },
    close: () => thread.close(),
  }
}

const partsOf = ({ input, inputName, outputName, dimension }: ModelCard): NetworkCard => ({
  input,
  inputName,
  outputName,
  dimension,
})

const buffersOf = (chips: readonly RgbImage[]) => chips.map(({ data }) => data.buffer as ArrayBuffer)

function rows(features: Float32Array, count: number): Float32Array[] {
  const dimension = features.length / count
  return Array.from({ length: count }, (_, index) => features.slice(index * dimension, (index + 1) * dimension))
}
