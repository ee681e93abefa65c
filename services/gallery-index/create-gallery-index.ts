import { acquireFolder } from '../../libs/config/exclusive-folder.js'
import type { EventBus } from '../../libs/events/event-bus.js'
import type { Servable } from '../../libs/rpc/serve.js'
import { createExactSearch } from '../../libs/vectors/exact.js'
import { createCalibrations, type GetModel } from './calibrations.js'
import { createDecide, type DecisionSettings } from './decide.js'
import { type CallEmbedder, createEmbedFace } from './face-embedder.js'
import { createGalleries } from './gallery.js'
import { createGalleryIndexService } from './service.js'
import { createGalleryStore } from './store/gallery-store.js'

/** What a gallery index is put together from. */
export interface GalleryIndexDeps {
  /** Holds the galleries; one process at a time, whatever else it serves. */
  readonly folder: string
  readonly callEmbedder: CallEmbedder
  readonly getModel: GetModel
  readonly events: EventBus
  /** How decisions are made. */
  readonly settings: DecisionSettings
}

/**
 * Puts a gallery index together; `warm` fills the indexes of all galleries.
 * @throws DomainError DATA_FOLDER_IN_USE
 */
export async function createGalleryIndex(deps: GalleryIndexDeps): Promise<Servable> {
  const { folder, callEmbedder, getModel, events, settings } = deps
  const hold = await acquireFolder(folder)
  const store = createGalleryStore({ folder })
  const search = createExactSearch()
  const galleries = createGalleries({ store, createIndex: search.createIndex })
  return {
    services: [
      createGalleryIndexService({
        galleries,
        embedFace: createEmbedFace(callEmbedder),
        findCalibration: createCalibrations({ getModel }),
        decide: createDecide(settings),
        events,
      }),
    ],
    warm: () => galleries.load(),
    async close() {
      await galleries.close()
      await search.close()
      await store.close()
      await hold.release()
    },
  }
}
