import { setImmediate } from 'node:timers/promises'
import { DomainError } from '../../../libs/config/domain-error.js'
import { checkEmbeddings, galleryNotFound } from './checks.js'
import { beginningWith, type Databases, numbered } from './databases.js'
import { activeWork, currentSet, followVersion, newSet } from './embedding-sets.js'
import { putEmbedding, subjectTemplates } from './embeddings.js'
import type { GalleryRecord, KeptPicture, ReembeddingRecord, Template } from './records.js'

/** A subject with the faces that a set lacks. */
export interface PendingSubject {
  readonly subjectId: string
  readonly faces: readonly { readonly key: number; readonly picture?: KeptPicture }[]
}

/** What came of embedding a face anew. */
export interface ReembeddedFace {
  readonly key: number
  /** L2-normalised; absent: the new version cannot embed the face. */
  readonly embedding?: Float32Array
}

/** What adding faces of a subject to a set did. */
export interface Reembedded {
  /** Templates of the set that are new or other than before. */
  readonly changed: readonly Template[]
  /** The set lacks no face of the subject, and has none to search: the subject would be lost. */
  readonly lost: boolean
}

/**
 * The second set of embeddings that a gallery has while it follows a promotion. Each change is one transaction. Those of a set that is no
 * longer being made, because the gallery was deleted or follows another version, change nothing.
 */
export interface Reembeddings {
  /**
   * Has a gallery follow a version: the one that it holds ends what is under way, and the one that it is on its way to changes nothing.
   * @param again whether one that it failed to follow is tried again
   * @throws DomainError GALLERY_NOT_FOUND
   */
  follow(galleryId: string, targetVersion: string, again: boolean): Promise<GalleryRecord>
  /** The work at hand: that of a set being made. */
  active(galleryId: string): ReembeddingRecord | undefined
  /** Says that the work is under way. */
  begin(galleryId: string, generation: number): Promise<void>
  /** Subjects with faces that the set lacks, in batches; lets other work run between two. Changes meanwhile may or may not be seen. */
  pending(galleryId: string, generation: number): AsyncGenerator<PendingSubject[]>
  /** @returns undefined where the set is no longer being made, or the faces are gone. @throws DomainError EMBEDDING_DIMENSION_MISMATCH */
  add(
    galleryId: string,
    generation: number,
    subjectId: string,
    faces: readonly ReembeddedFace[],
  ): Promise<Reembedded | undefined>
  /** Makes the set the one that is searched. @returns false, and nothing is changed, where it lacks a face or is no longer being made */
  complete(galleryId: string, generation: number): Promise<boolean>
  /** Gives the set up. */
  fail(
    galleryId: string,
    generation: number,
    error: { readonly reason: string; readonly message: string },
  ): Promise<void>
  /** Erases the sets that nobody uses, bit by bit. */
  eraseStale(galleryId: string): Promise<void>
}

const SUBJECTS_A_BATCH = 64
const EMBEDDINGS_A_COMMIT = 1_000

/** @param now a clock in ms since the epoch */
export function createReembeddings(databases: Databases, now: () => number): Reembeddings {
  const { galleries, subjects, faces, embeddings } = databases

  /** Changes a gallery on its way to a set; gives undefined where it is not. Inside a transaction. */
  const change = (
    galleryId: string,
    generation: number,
    how: (gallery: GalleryRecord, work: ReembeddingRecord) => Partial<GalleryRecord>,
  ) => {
    const gallery = galleries.get(galleryId)
    const work = activeWork(gallery)
    if (!gallery || work?.generation !== generation) return undefined
    const changed = { ...gallery, ...how(gallery, work) }
    galleries.putSync(galleryId, changed)
    return changed
  }

  return {
    follow: (galleryId, targetVersion, again) =>
      databases.commit(() => {
        const gallery = galleries.get(galleryId)
        if (!gallery) throw galleryNotFound(galleryId)
        const followed = followVersion(gallery, targetVersion, again, now())
        if (followed !== gallery) galleries.putSync(galleryId, followed)
        return followed
      }),
    active: (galleryId) => activeWork(galleries.get(galleryId)),
    begin: (galleryId, generation) =>
      databases.commit(() => {
        change(galleryId, generation, (_, work) => ({ reembedding: { ...work, state: 'running' } }))
      }),
    async *pending(galleryId, generation) {
      const { end } = beginningWith(galleryId)
      for (let after = ''; ; ) {
        const range = { start: [galleryId, after], exclusiveStart: true, end, limit: SUBJECTS_A_BATCH }
        const batch = [...subjects.getKeys(range)]
        const last = batch.at(-1)
        if (!last) return
        const found = batch.map(([, subjectId]) => lacking(databases, galleryId, generation, subjectId))
        const some = found.filter((subject) => subject.faces.length > 0)
        if (some.length > 0) yield some
        after = last[1]
        await setImmediate()
      }
    },
    add: (galleryId, generation, subjectId, added) =>
      databases.commit(() => {
        const subject = subjects.get([galleryId, subjectId])
        // Deleted since, its faces must not come back; and none may be counted twice.
        const present = added.filter(
          ({ key }) =>
            faces.doesExist([galleryId, subjectId, key]) &&
            !embeddings.doesExist([galleryId, generation, subjectId, key]),
        )
        if (!subject || present.length === 0) return undefined
        const vectors = present.flatMap(({ embedding }) => embedding ?? [])
        const gallery = change(galleryId, generation, (_, work) => {
          const dimension = vectors.length > 0 ? checkEmbeddings(vectors) : work.dimension
          if (work.dimension !== 0 && dimension !== work.dimension) throw dimensionsDiffer(work, dimension)
          const [done, failed] = [work.done + vectors.length, work.failed + present.length - vectors.length]
          return { reembedding: { ...work, dimension, done, failed } }
        })
        if (!gallery) return undefined
        for (const { key, embedding } of present) {
          putEmbedding(databases, [galleryId, generation, subjectId, key], embedding)
        }
        const templates = subjectTemplates(databases, gallery, generation, subject)
        return {
          changed: templates,
          lost: templates.length === 0 && lacking(databases, galleryId, generation, subjectId).faces.length === 0,
        }
      }),
    complete: (galleryId, generation) =>
      databases.commit(() => {
        const gallery = galleries.get(galleryId)
        const work = activeWork(gallery)
        if (!gallery || !work || work.done + work.failed !== gallery.faceCount) return false
        const switched = change(galleryId, generation, () => ({
          generation,
          // An empty gallery takes the version of the first face, as a new one does.
          modelVersion: work.dimension === 0 ? '' : work.targetVersion,
          dimension: work.dimension,
          staleSets: [...gallery.staleSets, currentSet(gallery)],
          reembedding: { ...work, state: 'succeeded', endTime: now() },
        }))
        return switched !== undefined
      }),
    fail: (galleryId, generation, error) =>
      databases.commit(() => {
        change(galleryId, generation, (gallery, work) => ({
          staleSets: [...gallery.staleSets, newSet(work)],
          reembedding: { ...work, state: 'failed', error, endTime: now() },
        }))
      }),
    async eraseStale(galleryId) {
      for (;;) {
        const [set] = galleries.get(galleryId)?.staleSets ?? []
        if (!set) return
        await databases.commit(() => {
          const range = { ...beginningWith(galleryId, set.generation), limit: EMBEDDINGS_A_COMMIT }
          const keys = [...embeddings.getKeys(range)]
          for (const key of keys) embeddings.removeSync(key)
          const gallery = galleries.get(galleryId)
          if (!gallery || keys.length === EMBEDDINGS_A_COMMIT) return
          const staleSets = gallery.staleSets.filter(({ generation }) => generation !== set.generation)
          galleries.putSync(galleryId, { ...gallery, staleSets })
        })
      }
    },
  }
}

function lacking(databases: Databases, galleryId: string, generation: number, subjectId: string): PendingSubject {
  const tried = databases.embeddings.getKeys(numbered(galleryId, generation, subjectId))
  const known = new Set([...tried].map((key) => key[3]))
  const faces = [...databases.faces.getRange(numbered(galleryId, subjectId))]
  return {
    subjectId,
    faces: faces
      .filter(({ key }) => !known.has(key[2]))
      .map(({ key, value: { picture } }) => ({ key: key[2], ...(picture && { picture }) })),
  }
}

function dimensionsDiffer({ targetVersion, dimension }: ReembeddingRecord, actual: number): DomainError {
  return new DomainError(
    'EMBEDDING_DIMENSION_MISMATCH',
    `${targetVersion} made embeddings of ${dimension} and of ${actual} values: import the model again.`,
    { expected: String(dimension), actual: String(actual) },
  )
}

/** @returns how many faces of a subject have an embedding in a set, and how many cannot have one */
export function countFaces({ embeddings }: Databases, galleryId: string, generation: number, subjectId: string) {
  const all = [...embeddings.getRange(numbered(galleryId, generation, subjectId))]
  const failed = all.filter(({ value }) => value.length === 0).length
  return { done: all.length - failed, failed }
}
