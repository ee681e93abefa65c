import type { VectorSearch } from '../../libs/vectors/vector-index.js'
import { createLoadedGallery, type LoadedGallery } from './loaded-gallery.js'
import { setsOf } from './store/embedding-sets.js'
import type { GalleryStore } from './store/gallery-store.js'
import type { EmbeddingSet } from './store/records.js'

/** The indexes in memory: of each gallery that of the set searched, and of one being embedded anew that of the new set as well. */
export interface LoadedGalleries {
  /** The index of a set, filled from the store at its first use. @throws DomainError GALLERY_NOT_FOUND */
  load(galleryId: string, generation: number): Promise<LoadedGallery>
  /** What `load` gives out, where it was asked before. */
  find(galleryId: string, generation: number): Promise<LoadedGallery> | undefined
  /** Closes an index; its next use fills it anew. @param which only if it is this one */
  forget(galleryId: string, generation: number, which?: Promise<LoadedGallery>): Promise<void>
  /** Removes the index of a set, from a server as well. @throws DomainError INDEX_UNAVAILABLE */
  drop(galleryId: string, set: EmbeddingSet): Promise<void>
  /** Closes all. */
  close(): Promise<void>
}

export function createLoadedGalleries(
  store: Pick<GalleryStore, 'getGallery' | 'templates'>,
  createIndex: VectorSearch['createIndex'],
): LoadedGalleries {
  const loaded = new Map<string, Promise<LoadedGallery>>()
  // No id has a slash.
  const nameOf = (galleryId: string, generation: number) => `${galleryId}/${generation}`

  async function fill(galleryId: string, generation: number): Promise<LoadedGallery> {
    const filling = createLoadedGallery((dimension) => {
      const set = setsOf(store.getGallery(galleryId)).find((each) => each.generation === generation)
      return createIndex(dimension, { gallery: nameOf(galleryId, generation), modelVersion: set?.modelVersion ?? '' })
    })
    for await (const templates of store.templates(galleryId, generation)) await filling.upsert(templates)
    return filling
  }

  async function forget(name: string, which = loaded.get(name)): Promise<void> {
    if (!which || loaded.get(name) !== which) return
    loaded.delete(name)
    // What cannot be closed was never filled, or its index has ended already.
    await which.then((gone) => gone.close()).catch(() => undefined)
  }

  return {
    load(galleryId, generation) {
      store.getGallery(galleryId)
      const name = nameOf(galleryId, generation)
      const known = loaded.get(name)
      if (known) return known
      const loading = fill(galleryId, generation)
      loaded.set(name, loading)
      // A failure must not be remembered: the next call tries again.
      loading.catch(() => forget(name, loading))
      return loading
    },
    find: (galleryId, generation) => loaded.get(nameOf(galleryId, generation)),
    forget: (galleryId, generation, which) => forget(nameOf(galleryId, generation), which),
    async drop(galleryId, { generation, modelVersion, dimension }) {
      const name = nameOf(galleryId, generation)
      const known = await loaded.get(name)?.catch(() => undefined)
      loaded.delete(name)
      if (known) await known.drop()
      // A server may hold what no process has opened since its start.
      else if (dimension > 0) await createIndex(dimension, { gallery: name, modelVersion }).drop()
    },
    async close() {
      await Promise.all(Array.from(loaded.keys(), (name) => forget(name)))
    },
  }
}
