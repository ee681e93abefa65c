import type { RgbImage } from '../../libs/image/rgb-image.js'
import { normalise } from '../../libs/models/embedding.js'
import type { ModelCard } from '../../libs/models/model-card.js'
import { versionName } from '../../libs/models/model-name.js'
import type { ModelRegistry, RegisteredModel } from '../../libs/models/model-registry.js'
import { NO_TELEMETRY, type Telemetry } from '../../libs/telemetry/telemetry.js'
import { createBatcher } from './batcher.js'
import type { Network } from './networks.js'

/** A network in memory, warm, with its queue. */
export interface LoadedNetwork {
  /** `models/{model}/versions/{version}`. */
  readonly versionName: string
  /**
   * Embeds a face of the size of the network's input; its pixels are given away.
   * @returns the L2-normalised embedding
   * @throws DomainError QUEUE_FULL, EMBEDDING_NOT_FINITE, ENGINE_RUN_FAILED
   */
  embed(chip: RgbImage, signal?: AbortSignal): Promise<Float32Array>
  /** Says that a face is on its way to `embed`; what it returns must be called when it has arrived or will not come. */
  announce(): () => void
  close(): Promise<void>
}

/** How networks are loaded and run. */
export interface NetworkOptions {
  readonly registry: ModelRegistry
  /** Starts a network; it is loaded at its first run. */
  createNetwork(onnx: Uint8Array, card: ModelCard): Network
  readonly maxBatchSize: number
  readonly maxQueueDelayMs: number
  readonly maxQueueSize: number
  /** Hears of batches and of the queue; default: nobody does. */
  readonly telemetry?: Telemetry
}

/**
 * Loads a network and warms it up.
 * @throws DomainError MODEL_NOT_FOUND, MODEL_LOAD_FAILED
 */
export async function loadNetwork(
  { name, version, card }: RegisteredModel,
  options: NetworkOptions,
): Promise<LoadedNetwork> {
  const network = options.createNetwork(await options.registry.readNetwork(name, version), card)
  const { metrics } = options.telemetry ?? NO_TELEMETRY
  let announced = 0
  const batcher = createBatcher({
    maxBatchSize: card.batch === 'one' ? 1 : options.maxBatchSize,
    maxQueueDelayMs: options.maxQueueDelayMs,
    maxQueueSize: options.maxQueueSize,
    incoming: () => announced,
    async run(chips: readonly RgbImage[]) {
      const started = performance.now()
      const features = await network.run(chips)
      // No span: a batch belongs to several traces.
      metrics.observe('stageSeconds', { stage: 'network' }, (performance.now() - started) / 1_000)
      metrics.observe('batchSize', {}, chips.length)
      return features
    },
  })
  const unwatch = metrics.watch('queueDepth', () => batcher.waiting)
  const loaded: LoadedNetwork = {
    versionName: versionName(name, version),
    embed: async (chip, signal) => normalise(await batcher.submit(chip, signal)),
    announce() {
      announced += 1
      let arrived = false
      return () => {
        if (arrived) return
        arrived = true
        announced -= 1
      }
    },
    close() {
      unwatch()
      return network.close()
    },
  }
  try {
    await warmUp(loaded, card, options.maxBatchSize)
  } catch (error) {
    await loaded.close()
    throw error
  }
  return loaded
}

/** Runs the sizes that will be served, so that the first caller does not pay for memory and kernels. */
async function warmUp(network: LoadedNetwork, card: ModelCard, maxBatchSize: number): Promise<void> {
  const { width, height } = card.input
  const grey = (): RgbImage => ({ width, height, data: new Uint8Array(width * height * 3).fill(128) })
  await network.embed(grey())
  // The first one starts alone; those behind it make a full batch.
  if (card.batch === 'dynamic') {
    await Promise.all(Array.from({ length: maxBatchSize + 1 }, () => network.embed(grey())))
  }
}
