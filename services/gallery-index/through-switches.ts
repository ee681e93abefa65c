import { DomainError } from '../../libs/config/domain-error.js'
import type { GalleryStore } from './store/gallery-store.js'
import type { GalleryRecord } from './store/records.js'

/**
 * Embeds for a gallery and works with the result; once more, where the gallery was switched to another version in between.
 * @param work is given the gallery as it is before; must not have changed anything when it throws
 * @throws what `work` throws; EMBEDDING_MODEL_MISMATCH only where the gallery is not the reason
 */
export async function throughSwitches<T>(
  store: Pick<GalleryStore, 'getGallery'>,
  galleryId: string,
  work: (gallery: GalleryRecord) => Promise<T>,
): Promise<T> {
  for (;;) {
    const gallery = store.getGallery(galleryId)
    try {
      return await work(gallery)
    } catch (error) {
      if (!(error instanceof DomainError && error.reason === 'EMBEDDING_MODEL_MISMATCH')) throw error
      if (store.getGallery(galleryId).modelVersion === gallery.modelVersion) throw error
    }
  }
}
