import { DomainError } from '../../libs/config/domain-error.js'
import type { Engine } from '../../libs/engine/engine.js'
import type { RgbImage } from '../../libs/image/rgb-image.js'
import { normalise } from '../../libs/models/embedding.js'
import type { ModelCard } from '../../libs/models/model-card.js'
import { resolveDefault, versionName } from '../../libs/models/model-name.js'
import type { ModelRegistry } from '../../libs/models/model-registry.js'
import { preparePixels } from '../../libs/models/prepare-pixels.js'
import { createBatcher } from './batcher.js'

/** A network in memory, ready for faces. */
export interface LoadedModel {
  /** `models/{model}/versions/{version}`. */
  readonly versionName: string
  readonly card: ModelCard
  /**
   * Embeds a face of the size of the network's input.
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
  /** Loads a network. */
  createEngine(onnx: Uint8Array): Promise<Engine>
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
  const loaded = new Map<string, Promise<{ model: LoadedModel; engine: Engine }>>()
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
    const engine = await options.createEngine(await options.registry.readNetwork(name, version))
    const model = createLoadedModel(resource, card, engine, options)
    await warmUp(model, card, options.maxBatchSize)
    return { model, engine }
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
            ({ engine }) => engine.close(),
            () => {},
          ),
        ),
      )
    },
  }
}

function createLoadedModel(resource: string, card: ModelCard, engine: Engine, options: ModelPoolOptions): LoadedModel {
  const { input, dimension } = card
  const pixels = input.width * input.height * 3
  let announced = 0

  const run = async (chips: readonly RgbImage[]): Promise<Float32Array[]> => {
    const data = new Float32Array(chips.length * pixels)
    chips.forEach((chip, index) => {
      preparePixels(chip, input, data, index * pixels)
    })
    const shape = input.layout === 'NCHW' ? [3, input.height, input.width] : [input.height, input.width, 3]
    const outputs = await engine.run({ [card.inputName]: { dims: [chips.length, ...shape], data } })
    const features = outputs[card.outputName]
    if (features?.data.length !== chips.length * dimension) {
      throw new DomainError('ENGINE_RUN_FAILED', `The network did not answer ${chips.length} x ${dimension} values.`)
    }
    return chips.map((_, index) => features.data.slice(index * dimension, (index + 1) * dimension))
  }

  const batcher = createBatcher({
    maxBatchSize: card.batch === 'one' ? 1 : options.maxBatchSize,
    maxQueueDelayMs: options.maxQueueDelayMs,
    maxQueueSize: options.maxQueueSize,
    incoming: () => announced,
    run,
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
  const chip: RgbImage = { width, height, data: new Uint8Array(width * height * 3).fill(128) }
  await model.embed(chip)
  if (card.batch === 'dynamic') await Promise.all(Array.from({ length: maxBatchSize }, () => model.embed(chip)))
}
