import type { RgbImage } from '../../libs/image/rgb-image.js'
import { normalise } from '../../libs/models/embedding.js'
import type { ModelCard } from '../../libs/models/model-card.js'
import { resolveDefault, versionName } from '../../libs/models/model-name.js'
import type { ModelRegistry } from '../../libs/models/model-registry.js'
import { createBatcher } from './batcher.js'
import type { Network } from './network.js'

/** A network in memory, ready for faces. */
export interface LoadedModel {
  /** `models/{model}/versions/{version}`. */
  readonly versionName: string
  readonly card: ModelCard
  /**
   * Embeds a face of the size of the network's input; its pixels are given away.
   * @returns the L2-normalised embedding
   * @throws DomainError QUEUE_FULL, EMBEDDING_NOT_FINITE, ENGINE_RUN_FAILED
   */
  embed(chip: RgbImage, signal?: AbortSignal): Promise<Float32Array>
  /** Says that a face is on its way to `embed`; what it returns must be called when it has arrived or will not come. */
  announce(): () => void
}

/** Settings of a pool. */
export interface ModelPoolOptions {
  readonly registry: ModelRegistry
  /** Starts a network; it is loaded at its first run. */
  createNetwork(onnx: Uint8Array, card: ModelCard): Network
  /** Model for requests that name none. */
  readonly defaultModel: string
  readonly maxBatchSize: number
  readonly maxQueueDelayMs: number
  readonly maxQueueSize: number
}

/** The networks that a service has in memory. */
export interface ModelPool {
  /**
   * @param name `models/{model}`, `models/{model}/versions/{version}` or empty for the default
   * @throws DomainError MODEL_NOT_FOUND, MODEL_NAME_INVALID, MODEL_LOAD_FAILED
   */
  get(name: string): Promise<LoadedModel>
  close(): Promise<void>
}

/** For how long a name keeps standing for the version that it stood for: what a promotion takes to be seen. */
const NAME_TTL_MS = 2_000

/** @returns a pool that loads each version once, at its first use */
export function createModelPool(options: ModelPoolOptions): ModelPool {
  const loaded = new Map<string, Promise<{ model: LoadedModel; network: Network }>>()
  const names = new Map<string, { version: string; until: number }>()

  const resolve = async (name: string): Promise<string> => {
    const wanted = resolveDefault(name, options.defaultModel)
    const known = names.get(wanted)
    if (known && known.until > performance.now()) return known.version
    const { name: model, version } = await options.registry.get(wanted)
    const resolved = versionName(model, version)
    names.set(wanted, { version: resolved, until: performance.now() + NAME_TTL_MS })
    return resolved
  }

  const load = async (resource: string) => {
    const { name, version, card } = await options.registry.get(resource)
    const network = options.createNetwork(await options.registry.readNetwork(name, version), card)
    const model = createLoadedModel(resource, card, network, options)
    try {
      await warmUp(model, card, options.maxBatchSize)
    } catch (error) {
      await network.close()
      throw error
    }
    return { model, network }
  }

  return {
    async get(name) {
      const resource = await resolve(name)
      const known = loaded.get(resource)
      if (known) return (await known).model
      const loading = load(resource)
      loaded.set(resource, loading)
      // A network that could not be loaded may be there the next time.
      loading.catch(() => loaded.delete(resource))
      return (await loading).model
    },
    async close() {
      const all = [...loaded.values()]
      loaded.clear()
      await Promise.all(
        all.map((loading) =>
          loading.then(
            ({ network }) => network.close(),
            () => {},
          ),
        ),
      )
    },
  }
}

function createLoadedModel(
  resource: string,
  card: ModelCard,
  network: Network,
  options: ModelPoolOptions,
): LoadedModel {
  let announced = 0

  const batcher = createBatcher({
    maxBatchSize: card.batch === 'one' ? 1 : options.maxBatchSize,
    maxQueueDelayMs: options.maxQueueDelayMs,
    maxQueueSize: options.maxQueueSize,
    incoming: () => announced,
    run: network.run,
  })

  return {
    versionName: resource,
    card,
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
  }
}

/** Runs the sizes that will be served, so that the first caller does not pay for memory and kernels. */
async function warmUp(model: LoadedModel, card: ModelCard, maxBatchSize: number): Promise<void> {
  const { width, height } = card.input
  const grey = (): RgbImage => ({ width, height, data: new Uint8Array(width * height * 3).fill(128) })
  await model.embed(grey())
  // The first one starts alone; those behind it make a full batch.
  if (card.batch === 'dynamic') await Promise.all(Array.from({ length: maxBatchSize + 1 }, () => model.embed(grey())))
}
