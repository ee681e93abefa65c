import { createThreadPool } from '../../libs/config/thread-pool.js'
import { workerFile } from '../../libs/config/worker-file.js'
import type { RgbImage } from '../../libs/image/rgb-image.js'
import type { ModelCard } from '../../libs/models/model-card.js'
import type { EmbedTask, EmbedThreadData } from './embed-task.js'

/** A face network in a thread of its own. */
export interface Network {
  /**
   * Runs a batch.
   * @param chips each of exactly the size of the network's input; their pixels move to the thread and must not be used again
   * @returns a feature vector for each, as the network answers it
   * @throws DomainError MODEL_LOAD_FAILED, ENGINE_RUN_FAILED, CHIP_SIZE_MISMATCH
   */
  run(chips: readonly RgbImage[]): Promise<Float32Array[]>
  close(): Promise<void>
}

/** @param threads threads of one operator */
export function createNetwork(onnx: Uint8Array, card: ModelCard, threads: number): Network {
  const { input, inputName, outputName, dimension } = card
  const data: EmbedThreadData = { onnx, card: { input, inputName, outputName, dimension }, threads }
  const thread = createThreadPool<EmbedTask, Float32Array>({
    file: workerFile(import.meta.url, './embed-thread.js'),
    threads: 1,
    data,
  })
  return {
    async run(chips) {
      const features = await thread.run({ chips }, { move: chips.map((chip) => chip.data.buffer as ArrayBuffer) })
      return chips.map((_, index) => features.slice(index * dimension, (index + 1) * dimension))
    },
    close: () => thread.close(),
  }
}
