import { createKeyedLock } from '../../libs/config/keyed-lock.js'
import { normalise } from '../../libs/models/embedding.js'
import type { VectorIndex } from '../../libs/vectors/vector-index.js'
import { createLoadedGallery, type LoadedGallery } from './loaded-gallery.js'
import type { SubjectHit } from './search-subjects.js'
import { checkComparable } from './store/checks.js'
import type { Deleted, GalleryStore } from './store/gallery-store.js'
import type { Enrolment, EnrolmentOutcome } from './store/records.js'

/** Probes of one search: `templates[i]` is a person's template (several faces are fused first, see fuse.ts). */
export interface Probes {
  /** The version that made them, `models/{model}/versions/{version}`. */
  readonly modelVersion: string
  readonly templates: readonly Float32Array[]
}

/**
 * Galleries that can be searched. The store is the truth; each gallery's index is filled from it at first use and follows every change
 * after it is on disk. Reads that need no index go to the store.
 */
export interface Galleries {
  readonly store: GalleryStore
  /** GalleryStore.enrol with embeddings of any length above zero; found by every search called after it has resolved. */
  enrol(enrolment: Enrolment): Promise<EnrolmentOutcome>
  /** @returns the number of faces. @throws DomainError GALLERY_NOT_FOUND, SUBJECT_NOT_FOUND */
  deleteSubject(galleryId: string, subjectId: string): Promise<number>
  /** See GalleryStore.deleteGallery. */
  deleteGallery(galleryId: string, force: boolean): Promise<Deleted>
  /**
   * Ranks the subjects of a gallery for each probe.
   * @param k most subjects a probe
   * @returns for each probe at most `k` distinct subjects, best first; a subject's score is that of its best template, a cosine in [-1, 1]
   * @throws DomainError GALLERY_NOT_FOUND, EMBEDDING_MODEL_MISMATCH, EMBEDDING_DIMENSION_MISMATCH, EMBEDDING_NOT_FINITE
   */
  search(galleryId: string, probes: Probes, k: number, signal?: AbortSignal): Promise<SubjectHit[][]>
  /** Fills the indexes of all galleries, so that no first search has to wait. */
  load(): Promise<void>
  /** Compares index and store. @returns what differs, in words; nothing when all is well */
  checkConsistency(galleryId: string): Promise<string[]>
  /** Waits for changes under way and frees the indexes; the store stays open. */
  close(): Promise<void>
}

export interface GalleriesOptions {
  readonly store: GalleryStore
  readonly createIndex: (dimension: number) => VectorIndex
}

export function createGalleries({ store, createIndex }: GalleriesOptions): Galleries {
  const loaded = new Map<string, Promise<LoadedGallery>>()
  const changes = new Map<string, Set<Promise<unknown>>>()
  const subjectLock = createKeyedLock()
  const galleryLock = createKeyedLock()

  function gallery(id: string): Promise<LoadedGallery> {
    store.getGallery(id)
    const known = loaded.get(id)
    if (known) return known
    const loading = fill(id)
    loaded.set(id, loading)
    // A failure must not be remembered: the next call tries again.
    loading.catch(() => forget(id, loading))
    return loading
  }

  async function fill(id: string): Promise<LoadedGallery> {
    const filling = createLoadedGallery(createIndex)
    for await (const templates of store.templates(id)) await filling.upsert(templates)
    return filling
  }

  async function forget(id: string, which: Promise<LoadedGallery> | undefined): Promise<void> {
    if (!which || loaded.get(id) !== which) return
    loaded.delete(id)
    // What cannot be closed was never filled, or its index has ended already.
    await which.then((gone) => gone.close()).catch(() => undefined)
  }

  /**
   * Changes the store, then the index. Changes of one subject keep their order, so that index and store cannot end up different; those of
   * different subjects run together and share flushes.
   */
  async function change<T>(
    galleryId: string,
    subjectId: string,
    inStore: () => Promise<T>,
    inIndex: (gallery: LoadedGallery, outcome: T) => Promise<void>,
  ): Promise<T> {
    const begin = () =>
      subjectLock.run(JSON.stringify([galleryId, subjectId]), async () => {
        const loading = gallery(galleryId)
        const index = await loading
        const outcome = await inStore()
        const followed = await inIndex(index, outcome).then(
          () => loaded.get(galleryId) === loading,
          () => false,
        )
        // It is on disk, so it has happened, and the call succeeds; an index that may lack it is read anew at its next use.
        if (!followed) await forget(galleryId, loaded.get(galleryId))
        return outcome
      })
    // Waits while the gallery is being deleted; a deletion that comes later waits for this change.
    const { changing } = await galleryLock.run(galleryId, async () => {
      const changing = begin()
      const underWay = changes.get(galleryId) ?? new Set()
      changes.set(galleryId, underWay.add(changing))
      return { changing: changing.finally(() => underWay.delete(changing)) }
    })
    return changing
  }

  const settled = (galleryId: string) => Promise.allSettled(changes.get(galleryId) ?? [])

  return {
    store,
    async enrol(enrolment) {
      const faces = enrolment.faces.map((face) => ({ ...face, embedding: normalise(face.embedding) }))
      const { galleryId, subjectId } = enrolment
      return change(
        galleryId,
        subjectId,
        () => store.enrol({ ...enrolment, faces }),
        (index, { changed }) => index.upsert(changed),
      )
    },
    async deleteSubject(galleryId, subjectId) {
      const { faces } = await change(
        galleryId,
        subjectId,
        () => store.deleteSubject(galleryId, subjectId),
        (index, { templateKeys }) => index.remove(templateKeys),
      )
      return faces
    },
    deleteGallery: (galleryId, force) =>
      galleryLock.run(galleryId, async () => {
        await settled(galleryId)
        const deleted = await store.deleteGallery(galleryId, force)
        changes.delete(galleryId)
        await forget(galleryId, loaded.get(galleryId))
        return deleted
      }),
    async search(galleryId, { modelVersion, templates }, k, signal) {
      const record = store.getGallery(galleryId)
      for (const template of templates) checkComparable(record, modelVersion, template.length)
      const unit = templates.map(normalise)
      for (;;) {
        const loading = gallery(galleryId)
        const index = await loading
        try {
          return await index.search(unit, k, signal)
        } catch (error) {
          // An index that was replaced under the search is no reason to fail it.
          if (signal?.aborted || loaded.get(galleryId) === loading) throw error
        }
      }
    },
    async load() {
      let pageToken = ''
      do {
        const page = store.listGalleries({ pageSize: 0, pageToken })
        for (const { id } of page.items) await gallery(id)
        pageToken = page.nextPageToken
      } while (pageToken !== '')
    },
    async checkConsistency(galleryId) {
      await settled(galleryId)
      const inIndex = new Map((await (await gallery(galleryId)).contents()).map((template) => [template.key, template]))
      const differences: string[] = []
      for await (const templates of store.templates(galleryId)) {
        for (const { key, subjectId, embedding } of templates) {
          const indexed = inIndex.get(key)
          inIndex.delete(key)
          if (!indexed) differences.push(`template ${key} of ${subjectId} is not in the index`)
          else if (indexed.subjectId !== subjectId || indexed.embedding.some((value, i) => value !== embedding[i])) {
            differences.push(`template ${key} of ${subjectId} differs in the index`)
          }
        }
      }
      for (const key of inIndex.keys()) differences.push(`template ${key} of the index is not in the store`)
      return differences
    },
    async close() {
      for (const galleryId of changes.keys()) await settled(galleryId)
      await Promise.all(Array.from(loaded, ([id, which]) => forget(id, which)))
    },
  }
}
