import { DomainError } from '../../../libs/config/domain-error.js'
import type { GalleryRecord } from './records.js'

const ALLOWED = /^[\p{L}\p{M}\p{N} ._'-]+$/u
const MOST_BYTES = 128

/**
 * Checks the last segment of a resource name. Subjects are named after people and folders, hence any script.
 * @throws DomainError NAME_INVALID
 */
export function checkId(kind: 'gallery' | 'subject', id: string): void {
  if (ALLOWED.test(id) && Buffer.byteLength(id) <= MOST_BYTES && id !== '.' && id !== '..') return
  throw new DomainError(
    'NAME_INVALID',
    `${JSON.stringify(id)} cannot be the id of a ${kind}: use 1 to ${MOST_BYTES} bytes of letters, digits, space and . _ - '`,
    { kind, id },
  )
}

/** @throws DomainError FIELD_INVALID */
export function checkRequestId(id: string): void {
  if (id.length > 0 && Buffer.byteLength(id) <= MOST_BYTES) return
  throw new DomainError('FIELD_INVALID', `A request id has 1 to ${MOST_BYTES} bytes, not ${Buffer.byteLength(id)}.`, {
    field: 'request_id',
  })
}

export function galleryNotFound(id: string): DomainError {
  return new DomainError('GALLERY_NOT_FOUND', `There is no gallery ${JSON.stringify(id)}: create it first.`, {
    gallery: id,
  })
}

export function subjectNotFound(galleryId: string, id: string): DomainError {
  return new DomainError(
    'SUBJECT_NOT_FOUND',
    `There is no subject ${JSON.stringify(id)} in gallery ${JSON.stringify(galleryId)}.`,
    { gallery: galleryId, subject: id },
  )
}

/**
 * Checks that embeddings can be compared with those of a gallery, which takes any before its first enrolment.
 * @throws DomainError EMBEDDING_MODEL_MISMATCH, EMBEDDING_DIMENSION_MISMATCH
 */
export function checkComparable(gallery: GalleryRecord, modelVersion: string, dimension: number): void {
  if (gallery.modelVersion === '') return
  if (gallery.modelVersion !== modelVersion) {
    throw new DomainError(
      'EMBEDDING_MODEL_MISMATCH',
      `Gallery ${JSON.stringify(gallery.id)} holds embeddings of ${gallery.modelVersion}; these come from ${modelVersion} and cannot be compared: embed the images with the gallery's model.`,
      { gallery: gallery.id, expected: gallery.modelVersion, actual: modelVersion },
    )
  }
  if (gallery.dimension !== dimension) {
    throw new DomainError(
      'EMBEDDING_DIMENSION_MISMATCH',
      `Gallery ${JSON.stringify(gallery.id)} holds embeddings of ${gallery.dimension} values, not ${dimension}: embed the images with the gallery's model.`,
      { gallery: gallery.id, expected: String(gallery.dimension), actual: String(dimension) },
    )
  }
}

/**
 * Checks the faces of one enrolment.
 * @returns the dimension of their embeddings
 * @throws DomainError FIELD_MISSING, EMBEDDING_DIMENSION_MISMATCH, EMBEDDING_NOT_FINITE
 */
export function checkEmbeddings(embeddings: readonly Float32Array[]): number {
  const dimension = embeddings[0]?.length ?? 0
  if (dimension === 0) {
    throw new DomainError('FIELD_MISSING', 'An enrolment needs at least one face with an embedding.', {
      field: 'faces',
    })
  }
  for (const embedding of embeddings) {
    if (embedding.length !== dimension) {
      throw new DomainError(
        'EMBEDDING_DIMENSION_MISMATCH',
        `Embeddings of ${dimension} and of ${embedding.length} values in one enrolment: one model makes them all.`,
        { expected: String(dimension), actual: String(embedding.length) },
      )
    }
    if (!embedding.every(Number.isFinite)) {
      throw new DomainError('EMBEDDING_NOT_FINITE', 'An embedding holds NaN or infinity: it cannot be compared.')
    }
  }
  return dimension
}
