import { acquireFolder } from '../../libs/config/exclusive-folder.js'
import type { EventBus } from '../../libs/events/event-bus.js'
import type { Servable } from '../../libs/rpc/serve.js'
import { createExactSearch } from '../../libs/vectors/exact.js'
import { type CallEmbedder, createEmbedFace } from './face-embedder.js'
import { createGalleries } from './gallery.js'
import { createGalleryIndexService } from './service.js'
import { createGalleryStore } from './store/gallery-store.js'

/** What a gallery index is put together from. */
export interface GalleryIndexDeps {
  /** Holds the galleries; one process at a time, whatever else it serves. */
  readonly folder: string
  readonly callEmbedder: CallEmbedder
  readonly events: EventBus
}

/**
 * Puts a gallery index together; `warm` fills the indexes of all galleries.
 * @throws DomainError DATA_FOLDER_IN_USE
 */
export async function createGalleryIndex({ folder, callEmbedder, events }: GalleryIndexDeps): Promise<Servable> {
  const hold = await acquireFolder(folder)
  const store = createGalleryStore({ folder })
  const search = createExactSearch()
  const galleries = createGalleries({ store, createIndex: search.createIndex })
  return {
    services: [createGalleryIndexService({ galleries, embedFace: createEmbedFace(callEmbedder), events })],
    warm: () => galleries.load(),
    async close() {
      await galleries.close()
      await search.close()
      await store.close()
      await hold.release()
    },
  }
}
