import { join } from 'node:path'
import { once } from '../../libs/config/once.js'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { importFaceApi } from '../../libs/models/face-api/import-face-api.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { createImageSource } from '../../libs/objects/image-source.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { createAdmission } from '../../libs/rpc/admission.js'
import type { Servable } from '../../libs/rpc/serve.js'
import { createEmbedImage, type EmbedImage } from './embed-image.js'
import { createFacePool } from './face-pool.js'
import { createModelPool } from './model-pool.js'
import { createNetwork } from './network.js'
import { createEmbedderService } from './service.js'

/** Settings of an embedder, each with a default fit for one machine. */
export interface EmbedderSettings {
  readonly defaultModel: string
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

/** An embedder, and its one function for whoever lives in the same process. */
export interface Embedder extends Servable {
  readonly embedImage: EmbedImage
}

/**
 * Puts an embedder together. Nothing is loaded until `warm`, or the first call.
 * @param deps.objects the store that holds the models, and the pictures that uris name
 * @param deps.cacheFolder where the networks of the base model are kept once imported
 */
export function createEmbedder(
  deps: { readonly objects: ObjectStore; readonly cacheFolder: string },
  settings: EmbedderSettings,
): Embedder {
  const registry = createModelRegistry({ objects: deps.objects })
  const cacheFolder = join(deps.cacheFolder, 'face-api')
  const models = createModelPool({
    ...settings,
    registry,
    createNetwork: (onnx, card) => createNetwork(onnx, card, settings.threads),
  })
  const facePool = once(async () => {
    const files = await importFaceApi({ packageFolder: faceApiFolder(), cacheFolder })
    return createFacePool({ ...files, maxPixels: settings.maxPixels }, settings.imageThreads)
  })
  const embedImage = createEmbedImage({
    images: createImageSource(deps.objects),
    faces: { run: async (task, options) => (await facePool.get()).run(task, options) },
    models,
    admission: createAdmission({ maxCalls: settings.maxCalls, maxBytes: settings.maxHeldBytes }),
  })

  return {
    services: [createEmbedderService({ embedImage, registry, defaultModel: settings.defaultModel })],
    embedImage,
    async warm() {
      await ensureBaseModel({ registry, cacheFolder, packageFolder: faceApiFolder() })
      await Promise.all([models.get(''), facePool.get().then((pool) => pool.warm())])
    },
    async close() {
      await Promise.all([models.close(), facePool.made().then((pool) => pool?.close())])
    },
  }
}
