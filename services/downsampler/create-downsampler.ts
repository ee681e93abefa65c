import { join } from 'node:path'
import { once } from '../../libs/config/once.js'
import { createThreadPool } from '../../libs/config/thread-pool.js'
import { workerFile } from '../../libs/config/worker-file.js'
import type { FaceSample } from '../../libs/dataset/face-sample.js'
import type { EventBus } from '../../libs/events/event-bus.js'
import { faceApiFolder } from '../../libs/models/base-model.js'
import { importFaceApi } from '../../libs/models/face-api/import-face-api.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { createImageSource } from '../../libs/objects/image-source.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { createAdmission } from '../../libs/rpc/admission.js'
import type { Servable } from '../../libs/rpc/serve.js'
import type { CleanPicture, CleanTask } from './clean-task.js'
import { createDatasets } from './datasets.js'
import type { DownsampleTask, VariantPicture } from './downsample-task.js'
import { onImageStored } from './on-image-stored.js'
import type { SampleTask, SampleThreadData } from './sample-task.js'
import { createDownsamplerService } from './service.js'
import { onStoredObject } from './stored-image.js'

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
  /** Largest file of a stored picture in bytes, as of one in a call. */
  readonly maxMessageBytes: number
}

/** Threads that nobody needs any more end after this time. */
const IDLE_MS = 60_000

/**
 * Puts a downsampler together. Nothing is loaded until the first call, or the first picture stored after `warm`.
 * @param deps.objects the store that holds the models, the datasets, and the pictures that uris name
 * @param deps.events tells of stored pictures; without it there is nobody to clean them for
 * @param deps.cacheFolder where the detector's networks, and copies of datasets, are kept
 */
export function createDownsampler(
  deps: { readonly objects: ObjectStore; readonly cacheFolder: string; readonly events?: EventBus },
  settings: DownsamplerSettings,
): Servable {
  const { objects, cacheFolder, events } = deps
  const { imageThreads, maxPixels, maxMessageBytes: maxFileBytes } = settings
  const inThreads = { threads: imageThreads, idleMs: IDLE_MS }
  const threads = createThreadPool<DownsampleTask, VariantPicture[]>({
    file: workerFile(import.meta.url, './downsample-thread.js'),
    ...inThreads,
  })
  const cleaners = createThreadPool<CleanTask, CleanPicture>({
    file: workerFile(import.meta.url, './clean-thread.js'),
    ...inThreads,
  })
  // Of its own: a dataset takes hours, and pictures of other calls must not wait behind it.
  const samplePool = once(async () => {
    const { detector, landmarks } = await importFaceApi({
      packageFolder: faceApiFolder(),
      cacheFolder: join(cacheFolder, 'face-api'),
    })
    const data: SampleThreadData = { detector, landmarks, maxPixels }
    const file = workerFile(import.meta.url, './sample-thread.js')
    return createThreadPool<SampleTask, FaceSample>({ file, ...inThreads, data })
  })
  const datasets = createDatasets({
    objects,
    cacheFolder: join(cacheFolder, 'datasets'),
    registry: createModelRegistry({ objects }),
    makeSample: async (item, chips, signal) => (await samplePool.get()).run({ item, settings: chips }, { signal }),
    defaultModel: settings.defaultModel,
  })
  const images = createImageSource(objects)
  const listening = once(async () => {
    if (!events) return []
    const concurrency = imageThreads
    return [
      await onImageStored({ objects, images, events, threads: cleaners, maxPixels, concurrency }),
      await onStoredObject({ objects, events, maxFileBytes }, concurrency),
    ]
  })
  return {
    services: [
      createDownsamplerService({
        images,
        admission: createAdmission({ maxCalls: settings.maxCalls, maxBytes: settings.maxHeldBytes }),
        threads,
        datasets,
        maxPixels,
      }),
    ],
    async warm() {
      await listening.get()
    },
    async close() {
      const subscriptions = (await listening.made()) ?? []
      await Promise.all(subscriptions.map((subscription) => subscription.close()))
      await Promise.all([threads.close(), cleaners.close(), samplePool.made().then((pool) => pool?.close())])
    },
  }
}
