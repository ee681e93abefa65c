import { join } from 'node:path'
import { createOnnxRuntimeEngine } from '../../libs/engine/onnxruntime.js'
import { createFaceDetector } from '../../libs/face/detector.js'
import type { FaceDetector } from '../../libs/face/face-detector.js'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { importFaceApi } from '../../libs/models/face-api/import-face-api.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { createImageSource } from '../../libs/objects/image-source.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { createAdmission } from '../../libs/rpc/admission.js'
import type { Servable } from '../../libs/rpc/serve.js'
import { createEmbedImage, type EmbedImage } from './embed-image.js'
import { createModelPool } from './model-pool.js'
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
  /** Pictures decoded at once. */
  readonly maxDecoding: number
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
  const createEngine = (model: Uint8Array | string) => createOnnxRuntimeEngine({ model, threads: settings.threads })

  const models = createModelPool({ ...settings, registry, createEngine })
  const detector = createSharedDetector(async () => {
    const files = await importFaceApi({ packageFolder: faceApiFolder(), cacheFolder })
    return Promise.all([createEngine(files.detector), createEngine(files.landmarks)])
  })
  const embedImage = createEmbedImage({
    images: createImageSource(deps.objects),
    detector,
    models,
    admission: createAdmission({ maxCalls: settings.maxCalls, maxBytes: settings.maxHeldBytes }),
    maxDecoding: settings.maxDecoding,
    maxPixels: settings.maxPixels,
  })

  return {
    services: [createEmbedderService({ embedImage, registry, defaultModel: settings.defaultModel })],
    embedImage,
    async warm() {
      await ensureBaseModel({ registry, cacheFolder, packageFolder: faceApiFolder() })
      const grey = { width: 160, height: 160, data: new Uint8Array(160 * 160 * 3).fill(128) }
      await Promise.all([models.get(''), detector.detect(grey)])
    },
    async close() {
      await Promise.all([models.close(), detector.close()])
    },
  }
}

/** Loads the detector at its first use, once. */
function createSharedDetector(
  load: () => Promise<
    [
      detector: Awaited<ReturnType<typeof createOnnxRuntimeEngine>>,
      landmarks: Awaited<ReturnType<typeof createOnnxRuntimeEngine>>,
    ]
  >,
): FaceDetector & { close(): Promise<void> } {
  let loading: ReturnType<typeof load> | undefined
  const engines = () => {
    loading ??= load().catch((error: unknown) => {
      // What failed once, a full disk say, may work the next time.
      loading = undefined
      throw error
    })
    return loading
  }
  return {
    async detect(image, options) {
      const [detector, landmarks] = await engines()
      return createFaceDetector({ detector, landmarks }).detect(image, options)
    },
    async close() {
      const loaded = await loading?.catch(() => undefined)
      await Promise.all(loaded?.map((engine) => engine.close()) ?? [])
    },
  }
}
