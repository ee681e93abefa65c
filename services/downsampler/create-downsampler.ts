import { createThreadPool } from '../../libs/config/thread-pool.js'
import { workerFile } from '../../libs/config/worker-file.js'
import { createImageSource } from '../../libs/objects/image-source.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { createAdmission } from '../../libs/rpc/admission.js'
import type { Servable } from '../../libs/rpc/serve.js'
import type { DownsampleTask, VariantPicture } from './downsample-task.js'
import { createDownsamplerService } from './service.js'

/** Settings of a downsampler. */
export interface DownsamplerSettings {
  /** Calls held at most. */
  readonly maxCalls: number
  /** Encoded bytes held at most. */
  readonly maxHeldBytes: number
  /** Pictures at work at once. */
  readonly imageThreads: number
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** Puts a downsampler together. */
export function createDownsampler(deps: { readonly objects: ObjectStore }, settings: DownsamplerSettings): Servable {
  const threads = createThreadPool<DownsampleTask, VariantPicture[]>({
    file: workerFile(import.meta.url, './downsample-thread.js'),
    threads: settings.imageThreads,
    idleMs: 60_000,
  })
  return {
    services: [
      createDownsamplerService({
        images: createImageSource(deps.objects),
        admission: createAdmission({ maxCalls: settings.maxCalls, maxBytes: settings.maxHeldBytes }),
        threads,
        maxPixels: settings.maxPixels,
      }),
    ],
    warm: async () => {},
    close: () => threads.close(),
  }
}
