import { createImageSource } from '../../libs/objects/image-source.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { createAdmission } from '../../libs/rpc/admission.js'
import type { Servable } from '../../libs/rpc/serve.js'
import { createDownsamplerService } from './service.js'

/** Settings of a downsampler. */
export interface DownsamplerSettings {
  /** Calls held at most. */
  readonly maxCalls: number
  /** Encoded bytes held at most. */
  readonly maxHeldBytes: number
  /** Pictures decoded at once. */
  readonly maxDecoding: number
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** Puts a downsampler together. */
export function createDownsampler(deps: { readonly objects: ObjectStore }, settings: DownsamplerSettings): Servable {
  return {
    services: [
      createDownsamplerService({
        images: createImageSource(deps.objects),
        admission: createAdmission({ maxCalls: settings.maxCalls, maxBytes: settings.maxHeldBytes }),
        maxDecoding: settings.maxDecoding,
        maxPixels: settings.maxPixels,
      }),
    ],
    warm: async () => {},
    close: async () => {},
  }
}
