import { join } from 'node:path'
import { once } from '../../libs/config/once.js'
import { createThreadPool } from '../../libs/config/thread-pool.js'
import { workerFile } from '../../libs/config/worker-file.js'
import type { FaceSample } from '../../libs/dataset/face-sample.js'
import { faceApiFolder } from '../../libs/models/base-model.js'
import { importFaceApi } from '../../libs/models/face-api/import-face-api.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { createImageSource } from '../../libs/objects/image-source.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { createAdmission } from '../../libs/rpc/admission.js'
import type { Servable } from '../../libs/rpc/serve.js'
import { createDatasets } from './datasets.js'
import type { DownsampleTask, VariantPicture } from './downsample-task.js'
import type { SampleTask, SampleThreadData } from './sample-task.js'
import { createDownsamplerService } from './service.js'

/** Settings of a downsampler. */
export interface DownsamplerSettings {
  readonly defaultModel: string
  /** Calls held at most. */
  readonly maxCalls: number
  /** Encoded bytes held at most. */
  readonly maxHeldBytes: number
  /** Pictures at work at once. */
  readonly imageThreads: number
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** Threads that nobody needs any more end after this time. */
const IDLE_MS = 60_000

/**
 * Puts a downsampler together. Nothing is loaded until the first call.
 * @param deps.objects the store that holds the models, the datasets, and the pictures that uris name
 * @param deps.cacheFolder where the detector's networks, and copies of datasets, are kept
 */
export function createDownsampler(
  deps: { readonly objects: ObjectStore; readonly cacheFolder: string },
  settings: DownsamplerSettings,
): Servable {
  const { objects, cacheFolder } = deps
  const { imageThreads, maxPixels } = settings
  const threads = createThreadPool<DownsampleTask, VariantPicture[]>({
    file: workerFile(import.meta.url, './downsample-thread.js'),
    threads: imageThreads,
    idleMs: IDLE_MS,
  })
  // Of its own: a dataset takes hours, and pictures of other calls must not wait behind it.
  const samplePool = once(async () => {
    const { detector, landmarks } = await importFaceApi({
      packageFolder: faceApiFolder(),
      cacheFolder: join(cacheFolder, 'face-api'),
    })
    const data: SampleThreadData = { detector, landmarks, maxPixels }
    const file = workerFile(import.meta.url, './sample-thread.js')
    return createThreadPool<SampleTask, FaceSample>({ file, threads: imageThreads, idleMs: IDLE_MS, data })
  })
  const datasets = createDatasets({
    objects,
    cacheFolder: join(cacheFolder, 'datasets'),
    registry: createModelRegistry({ objects }),
    makeSample: async (item, chips, signal) => (await samplePool.get()).run({ item, settings: chips }, { signal }),
    defaultModel: settings.defaultModel,
  })
  return {
    services: [
      createDownsamplerService({
        images: createImageSource(objects),
        admission: createAdmission({ maxCalls: settings.maxCalls, maxBytes: settings.maxHeldBytes }),
        threads,
        datasets,
        maxPixels,
      }),
    ],
    warm: async () => {},
    async close() {
      await Promise.all([threads.close(), samplePool.made().then((pool) => pool?.close())])
    },
  }
}
