import { DomainError } from '../../libs/config/domain-error.js'
import { createKeyedLock } from '../../libs/config/keyed-lock.js'
import { normalise } from '../../libs/models/embedding.js'
import type { VectorSearch } from '../../libs/vectors/vector-index.js'
import { createLoadedGalleries } from './loaded-galleries.js'
import type { LoadedGallery } from './loaded-gallery.js'
import type { SubjectHit } from './search-subjects.js'
import { checkComparable } from './store/checks.js'
import { activeWork, setsOf } from './store/embedding-sets.js'
import type { Deleted, GalleryStore } from './store/gallery-store.js'
import type { Enrolment, EnrolmentOutcome } from './store/records.js'
import type { Reembedded, ReembeddedFace } from './store/reembeddings.js'

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
  /** Reembeddings.add, for a set that a gallery is on its way to. */
  addReembedded(
    galleryId: string,
    generation: number,
    subjectId: string,
    faces: readonly ReembeddedFace[],
  ): Promise<Reembedded | undefined>
  /**
   * Searches a set from now on, in place of the one before. Changes of the gallery wait meanwhile; searches do not.
   * @param finish adds what the set lacks still
   * @returns false where it is no longer being made, or lacks faces; then all is as before
   */
  switchTo(galleryId: string, generation: number, finish: () => Promise<void>): Promise<boolean>
  /** Erases the sets that nobody uses, from index and store. */
  eraseStale(galleryId: string): Promise<void>
  /** Fills the indexes of all galleries, so that no first search has to wait. */
  load(): Promise<void>
  /** Compares index and store. @returns what differs, in words; nothing when all is well */
  checkConsistency(galleryId: string): Promise<string[]>
  /** Waits for changes under way and frees the indexes; the store stays open. */
  close(): Promise<void>
}

export interface GalleriesOptions {
  readonly store: GalleryStore
  readonly createIndex: VectorSearch['createIndex']
}

export function createGalleries({ store, createIndex }: GalleriesOptions): Galleries {
  const indexes = createLoadedGalleries(store, createIndex)
  const changes = new Map<string, Set<Promise<unknown>>>()
  const subjectLock = createKeyedLock()
  const galleryLock = createKeyedLock()

  /** Changes of one subject keep their order, so that index and store cannot end up different; those of others share flushes. */
  const inOrder = <T>(galleryId: string, subjectId: string, task: () => Promise<T>) =>
    subjectLock.run(JSON.stringify([galleryId, subjectId]), task)

  /** Has an index follow what is on disk: that has happened, so an index that may lack it is filled anew at its next use. */
  async function follow(
    galleryId: string,
    generation: number,
    loading: Promise<LoadedGallery>,
    how: (index: LoadedGallery) => Promise<void>,
  ): Promise<void> {
    const followed = await loading.then(how).then(
      () => indexes.find(galleryId, generation) === loading,
      () => false,
    )
    if (!followed) await indexes.forget(galleryId, generation)
  }

  /** Changes the store, then the indexes: that in use, and that of a set being made if `inBoth`. */
  async function change<T>(
    { galleryId, subjectId, inBoth }: { galleryId: string; subjectId: string; inBoth: boolean },
    inStore: () => Promise<T>,
    inIndex: (index: LoadedGallery, outcome: T) => Promise<void>,
  ): Promise<T> {
    const begin = () =>
      inOrder(galleryId, subjectId, async () => {
        const { generation } = store.getGallery(galleryId)
        const loading = indexes.load(galleryId, generation)
        await loading
        const outcome = await inStore()
        await follow(galleryId, generation, loading, (index) => inIndex(index, outcome))
        const next = inBoth ? activeWork(store.getGallery(galleryId)) : undefined
        // Looked for after the change is on disk: one that is filled later is filled without it.
        const filling = next && indexes.find(galleryId, next.generation)
        if (filling) await follow(galleryId, next.generation, filling, (index) => inIndex(index, outcome))
        return outcome
      })
    // Waits while the gallery is being deleted or switched; what comes later than this change waits for it.
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
        { galleryId, subjectId, inBoth: false },
        () => store.enrol({ ...enrolment, faces }),
        (index, { changed }) => index.upsert(changed),
      )
    },
    async deleteSubject(galleryId, subjectId) {
      const { faces } = await change(
        { galleryId, subjectId, inBoth: true },
        () => store.deleteSubject(galleryId, subjectId),
        (index, { templateKeys }) => index.remove(templateKeys),
      )
      return faces
    },
    deleteGallery: (galleryId, force) =>
      galleryLock.run(galleryId, async () => {
        await settled(galleryId)
        const gallery = store.getGallery(galleryId)
        // Before it is off the record, so that a server that does not answer just now makes the call fail and not the deletion.
        const allowed = force || gallery.subjectCount === 0
        if (allowed) for (const set of setsOf(gallery)) await indexes.drop(galleryId, set)
        const deleted = await store.deleteGallery(galleryId, force)
        changes.delete(galleryId)
        // A search may have filled it once more.
        for (const { generation } of setsOf(gallery)) await indexes.forget(galleryId, generation)
        return deleted
      }),
    async search(galleryId, { modelVersion, templates }, k, signal) {
      const unit = templates.map(normalise)
      let refilled = false
      for (;;) {
        const { generation } = store.getGallery(galleryId)
        const loading = indexes.load(galleryId, generation)
        const index = await loading
        const gallery = store.getGallery(galleryId)
        // It was switched to another version while the index was waited for.
        if (gallery.generation !== generation) continue
        for (const template of unit) checkComparable(gallery, modelVersion, template.length)
        try {
          return await index.search(unit, k, signal)
        } catch (error) {
          // An index that was replaced under the search is no reason to fail it, nor one that a server has lost: the store has it all.
          if (error instanceof DomainError && error.reason === 'INDEX_LOST' && !refilled) {
            refilled = true
            await indexes.forget(galleryId, generation, loading)
          } else if (signal?.aborted || indexes.find(galleryId, generation) === loading) throw error
        }
      }
    },
    addReembedded: (galleryId, generation, subjectId, faces) =>
      inOrder(galleryId, subjectId, async () => {
        const loading = indexes.load(galleryId, generation)
        await loading
        const outcome = await store.reembeddings.add(galleryId, generation, subjectId, faces)
        if (outcome) await follow(galleryId, generation, loading, (index) => index.upsert(outcome.changed))
        return outcome
      }),
    switchTo: (galleryId, generation, finish) =>
      galleryLock.run(galleryId, async () => {
        await settled(galleryId)
        await finish()
        await indexes.load(galleryId, generation)
        return store.reembeddings.complete(galleryId, generation)
      }),
    async eraseStale(galleryId) {
      for (const set of store.getGallery(galleryId).staleSets) await indexes.drop(galleryId, set)
      await store.reembeddings.eraseStale(galleryId)
    },
    async load() {
      let pageToken = ''
      do {
        const page = store.listGalleries({ pageSize: 0, pageToken })
        for (const { id, generation } of page.items) await indexes.load(id, generation)
        pageToken = page.nextPageToken
      } while (pageToken !== '')
    },
    async checkConsistency(galleryId) {
      await settled(galleryId)
      const index = await indexes.load(galleryId, store.getGallery(galleryId).generation)
      const inIndex = new Map((await index.contents()).map((template) => [template.key, template]))
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
      await indexes.close()
    },
  }
}
