import { join } from 'node:path'
import type { Logger } from 'pino'
import type { ModelPromoted } from '../../gen/crossres/v1/events.js'
import { once } from '../../libs/config/once.js'
import type { EngineName } from '../../libs/engine/engine.js'
import type { EventBus } from '../../libs/events/event-bus.js'
import { onEvent } from '../../libs/events/event-types.js'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { importFaceApi } from '../../libs/models/face-api/import-face-api.js'
import { parseModelName } from '../../libs/models/model-name.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { ensureShippedModel, shippedModelFolder } from '../../libs/models/shipped-model.js'
import { createImageSource } from '../../libs/objects/image-source.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { createAdmission } from '../../libs/rpc/admission.js'
import type { Servable } from '../../libs/rpc/serve.js'
import { NO_TELEMETRY, type Telemetry } from '../../libs/telemetry/telemetry.js'
import { createEmbedImage, type EmbedImage } from './embed-image.js'
import { createFacePool } from './face-pool.js'
import { createGetModel, type GetModel } from './get-model.js'
import { createModelPool } from './model-pool.js'
import { createNetworks } from './networks.js'
import { onImageDownsampled } from './on-image-downsampled.js'
import { createEmbedderService } from './service.js'

/** Settings of an embedder, each with a default fit for one machine. */
export interface EmbedderSettings {
  readonly defaultModel: string
  /** What runs networks. */
  readonly engine: EngineName
  /** Threads of one network. */
  readonly threads: number
  /** Faces of one run at most. */
  readonly maxBatchSize: number
  /** Milliseconds that a face may wait for company while others are on their way. */
  readonly maxQueueDelayMs: number
  /** Faces waiting for a network at most. */
  readonly maxQueueSize: number
  /** Calls held at most. */
  readonly maxCalls: number
  /** Encoded bytes held at most. */
  readonly maxHeldBytes: number
  /** Threads that decode pictures and find faces. */
  readonly imageThreads: number
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** An embedder, and its functions for whoever lives in the same process. */
export interface Embedder extends Servable {
  readonly embedImage: EmbedImage
  readonly getModel: GetModel
}

/** What an embedder is put together from. */
export interface EmbedderDeps {
  /** Holds the models, and the pictures that uris name. */
  readonly objects: ObjectStore
  /** Where the networks of the base model are kept once imported. */
  readonly cacheFolder: string
  /** Tells of promotions and of stored pictures; without it promotions are seen when a name's time to live is over. */
  readonly events?: EventBus
  readonly logger?: Logger
  /** Hears of stages, batches and queues; default: nobody does. */
  readonly telemetry?: Telemetry
}

/** Puts an embedder together. Nothing is loaded until `warm`, or the first call. */
export function createEmbedder(deps: EmbedderDeps, settings: EmbedderSettings): Embedder {
  const registry = createModelRegistry({ objects: deps.objects })
  const cacheFolder = join(deps.cacheFolder, 'face-api')
  const { telemetry = NO_TELEMETRY } = deps
  const networks = createNetworks(settings.engine, settings.threads)
  const models = createModelPool({
    ...settings,
    registry,
    telemetry,
    ...(deps.logger && { logger: deps.logger }),
    createNetwork: networks.create,
  })
  const facePool = once(async () => {
    const files = await importFaceApi({ packageFolder: faceApiFolder(), cacheFolder })
    return createFacePool({ ...files, maxPixels: settings.maxPixels }, settings.imageThreads)
  })
  const admission = createAdmission({ maxCalls: settings.maxCalls, maxBytes: settings.maxHeldBytes })
  const unwatch = telemetry.metrics.watch('callsHeld', () => admission.calls)
  const embedImage = createEmbedImage({
    images: createImageSource(deps.objects),
    faces: { run: async (task, options) => (await facePool.get()).run(task, options) },
    models,
    admission,
    telemetry,
  })

  const { events } = deps
  const promotions = once(async () => {
    // Every replica has networks of its own: each must hear of each promotion.
    const hear = ({ version }: ModelPromoted) => models.promoted(parseModelName(version).model)
    return events && onEvent(events, 'model.promoted', 'embedder', hear, { transient: true })
  })
  // As many pictures at once as fill a batch.
  const stored = once(
    async () => events && onImageDownsampled({ embedImage, events, concurrency: settings.maxBatchSize }),
  )

  const { defaultModel } = settings
  const getModel = createGetModel({ registry, defaultModel })

  return {
    services: [createEmbedderService({ embedImage, getModel, registry, defaultModel })],
    embedImage,
    getModel,
    async warm() {
      await ensureBaseModel({ registry, cacheFolder, packageFolder: faceApiFolder() })
      await ensureShippedModel({ registry, folder: shippedModelFolder() })
      await promotions.get()
      const preload = async () => (await models.get('')).release()
      await Promise.all([preload(), facePool.get().then((pool) => pool.warm())])
      await stored.get()
    },
    async close() {
      unwatch()
      const subscriptions = await Promise.all([promotions.made(), stored.made()])
      await Promise.all(subscriptions.map((subscription) => subscription?.close()))
      await Promise.all([models.close(), facePool.made().then((pool) => pool?.close())])
      await networks.close()
    },
  }
}
