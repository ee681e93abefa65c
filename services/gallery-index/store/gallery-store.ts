import { setImmediate } from 'node:timers/promises'
import { DomainError } from '../../../libs/config/domain-error.js'
import { clampPageSize, decodePageToken, encodePageToken, type PageRequest } from '../../../libs/rpc/page.js'
import { checkId, galleryNotFound, subjectNotFound } from './checks.js'
import { beginningWith, numbered, openDatabases } from './databases.js'
import { fromBytes, subjectTemplates } from './embeddings.js'
import { enrol } from './enrol.js'
import { eraseGallery, eraseSubject } from './erase.js'
import { createPictureUses, type PictureUses } from './pictures.js'
import type {
  Enrolment,
  EnrolmentOutcome,
  FaceRecord,
  GalleryRecord,
  SubjectRecord,
  Template,
  TemplatePolicy,
} from './records.js'
import { createReembeddings, type Reembeddings } from './reembeddings.js'

export interface Page<T> {
  readonly items: readonly T[]
  /** Empty: this is the last page. */
  readonly nextPageToken: string
}

export interface NewGallery {
  readonly id: string
  readonly displayName?: string
  /** `models/{model}`; default: empty, the server's default. */
  readonly model?: string
  /** Default: `every`. */
  readonly templatePolicy?: TemplatePolicy
}

export interface Deleted {
  readonly subjects: number
  readonly faces: number
}

/**
 * Galleries on disk. Each change is one transaction, and is on disk when its promise resolves. Lists are ordered by the UTF-8 bytes of
 * the ids. Reads see what is committed.
 */
export interface GalleryStore {
  /** @throws DomainError NAME_INVALID, GALLERY_ALREADY_EXISTS */
  createGallery(gallery: NewGallery): Promise<GalleryRecord>
  /** @throws DomainError GALLERY_NOT_FOUND */
  getGallery(id: string): GalleryRecord
  /** @throws DomainError PAGE_TOKEN_INVALID */
  listGalleries(page: PageRequest): Page<GalleryRecord>
  /**
   * Deletes a gallery with everything in it.
   * @param force must be true where it has subjects
   * @throws DomainError GALLERY_NOT_FOUND, GALLERY_NOT_EMPTY
   */
  deleteGallery(id: string, force: boolean): Promise<Deleted>
  /**
   * Adds faces to a subject, who is created where unknown. A face whose `source` the subject has already is not added again.
   * @throws DomainError NAME_INVALID, FIELD_MISSING, FIELD_INVALID, GALLERY_NOT_FOUND, EMBEDDING_MODEL_MISMATCH,
   * EMBEDDING_DIMENSION_MISMATCH, EMBEDDING_NOT_FINITE; nothing is changed then
   */
  enrol(enrolment: Enrolment): Promise<EnrolmentOutcome>
  /** The stored answer to an enrolment request; undefined when the id is unknown or has no answer. */
  findAnswer(galleryId: string, requestId: string): Uint8Array | undefined
  /** @throws DomainError GALLERY_NOT_FOUND, SUBJECT_NOT_FOUND */
  getSubject(galleryId: string, id: string): SubjectRecord
  /** @throws DomainError GALLERY_NOT_FOUND, PAGE_TOKEN_INVALID */
  listSubjects(galleryId: string, page: PageRequest): Page<SubjectRecord>
  /** The subject's faces, oldest first. @throws DomainError GALLERY_NOT_FOUND, SUBJECT_NOT_FOUND */
  listFaces(galleryId: string, subjectId: string): FaceRecord[]
  /**
   * Deletes a subject with every face.
   * @returns the keys of the templates that the index must forget, and the number of faces
   * @throws DomainError GALLERY_NOT_FOUND, SUBJECT_NOT_FOUND
   */
  deleteSubject(galleryId: string, id: string): Promise<{ templateKeys: number[]; faces: number }>
  /**
   * Every template of a gallery, in batches, subject by subject; lets other work run between two batches.
   * Changes made meanwhile may or may not be seen.
   * @param generation of the set of embeddings; default: the one that is searched
   */
  templates(galleryId: string, generation?: number): AsyncGenerator<Template[]>
  /** The second sets of embeddings, of galleries that follow a promotion. */
  readonly reembeddings: Reembeddings
  /** Which pictures of the object store the faces are on. */
  readonly pictures: PictureUses
  close(): Promise<void>
}

export interface GalleryStoreOptions {
  /** Where the LMDB files lie. */
  readonly folder: string
  /** ms since the epoch; default: the system's clock. */
  readonly now?: () => number
}

const SUBJECTS_A_BATCH = 500

const EMPTY = {
  modelVersion: '',
  dimension: 0,
  subjectCount: 0,
  faceCount: 0,
  generation: 0,
  lastGeneration: 0,
  staleSets: [],
  reembedding: null,
}

/** Opens the store of a folder. One process at a time may have it open for writing. */
export function createGalleryStore({ folder, now = Date.now }: GalleryStoreOptions): GalleryStore {
  const databases = openDatabases(folder)
  const { galleries, subjects, faces } = databases

  const getGallery = (id: string) => {
    const gallery = galleries.get(id)
    if (!gallery) throw galleryNotFound(id)
    return gallery
  }
  const getSubject = (galleryId: string, id: string) => {
    getGallery(galleryId)
    const subject = subjects.get([galleryId, id])
    if (!subject) throw subjectNotFound(galleryId, id)
    return subject
  }

  return {
    async createGallery({ id, displayName = '', model = '', templatePolicy = 'every' }) {
      checkId('gallery', id)
      return databases.commit(() => {
        if (galleries.doesExist(id)) {
          throw new DomainError('GALLERY_ALREADY_EXISTS', `There is a gallery ${JSON.stringify(id)} already.`, {
            gallery: id,
          })
        }
        const gallery: GalleryRecord = { id, displayName, model, templatePolicy, ...EMPTY, createTime: now() }
        galleries.putSync(id, gallery)
        return gallery
      })
    },
    getGallery,
    listGalleries: (page) =>
      readPage(page, (after, limit) => galleries.getRange({ start: after ?? '', exclusiveStart: true, limit })),
    deleteGallery: (id, force) =>
      databases.commit(() => {
        const { subjectCount, faceCount } = getGallery(id)
        if (subjectCount > 0 && !force) {
          throw new DomainError(
            'GALLERY_NOT_EMPTY',
            `Gallery ${JSON.stringify(id)} has ${subjectCount} subjects: delete them first, or set force.`,
            { gallery: id, subjects: String(subjectCount) },
          )
        }
        eraseGallery(databases, getGallery(id))
        return { subjects: subjectCount, faces: faceCount }
      }),
    enrol: (enrolment) => enrol(databases, enrolment, now()),
    findAnswer: (galleryId, requestId) => databases.requests.get([galleryId, requestId])?.answer ?? undefined,
    getSubject,
    listSubjects(galleryId, page) {
      getGallery(galleryId)
      const { end } = beginningWith(galleryId)
      return readPage(page, (after, limit) =>
        subjects.getRange({ start: [galleryId, after ?? ''], exclusiveStart: true, end, limit }),
      )
    },
    listFaces(galleryId, subjectId) {
      getSubject(galleryId, subjectId)
      const { generation } = getGallery(galleryId)
      return [...faces.getRange(numbered(galleryId, subjectId))].map(({ value }) => {
        const bytes = databases.embeddings.get([galleryId, generation, subjectId, value.key])
        return { ...value, embedding: fromBytes(bytes ?? new Uint8Array(0)) }
      })
    },
    deleteSubject: (galleryId, id) =>
      databases.commit(() => {
        const subject = getSubject(galleryId, id)
        const gallery = getGallery(galleryId)
        const faceKeys = eraseSubject(databases, gallery, id)
        const templateKeys = gallery.templatePolicy === 'every' ? faceKeys : [subject.key]
        return { templateKeys, faces: faceKeys.length }
      }),
    async *templates(galleryId, generation) {
      const gallery = getGallery(galleryId)
      const set = generation ?? gallery.generation
      const { end } = beginningWith(galleryId)
      let after = ''
      for (;;) {
        const start = [galleryId, after] as const
        const batch = [...subjects.getRange({ start: [...start], exclusiveStart: true, end, limit: SUBJECTS_A_BATCH })]
        const last = batch.at(-1)?.value.id
        if (last === undefined) return
        yield batch.flatMap(({ value }) => subjectTemplates(databases, gallery, set, value))
        after = last
        await setImmediate()
      }
    },
    reembeddings: createReembeddings(databases, now),
    pictures: createPictureUses(databases),
    close: () => databases.close(),
  }
}

function readPage<T extends { readonly id: string }>(
  { pageSize, pageToken }: PageRequest,
  read: (after: string | undefined, limit: number) => Iterable<{ value: T }>,
): Page<T> {
  const size = clampPageSize(pageSize)
  const items = Array.from(read(decodePageToken(pageToken), size + 1), ({ value }) => value)
  const last = items[size - 1]
  return { items: items.slice(0, size), nextPageToken: items.length > size && last ? encodePageToken(last.id) : '' }
}
