import { fuse } from '../fuse.js'
import { type Databases, numbered } from './databases.js'
import type { GalleryRecord, SubjectRecord, Template } from './records.js'

/** A face of a subject, and its embedding in one set. */
export interface EmbeddedFaceKey {
  readonly key: number
  readonly embedding: Float32Array
}

/** Puts a face's embedding into a set. @param embedding undefined: the set's version cannot embed the face */
export function putEmbedding(
  { embeddings }: Databases,
  [galleryId, generation, subjectId, key]: readonly [string, number, string, number],
  embedding: Float32Array | undefined,
): void {
  embeddings.putSync([galleryId, generation, subjectId, key], embedding ? toBytes(embedding) : NOTHING)
}

/** @returns the faces of a subject that have an embedding in a set, oldest first */
export function embeddedFaces(
  { embeddings }: Databases,
  galleryId: string,
  generation: number,
  subjectId: string,
): EmbeddedFaceKey[] {
  const range = embeddings.getRange(numbered(galleryId, generation, subjectId))
  return [...range]
    .filter(({ value }) => value.length > 0)
    .map(({ key, value }) => ({ key: key[3], embedding: fromBytes(value) }))
}

/** @returns the templates of a subject in a set, as the gallery's policy makes them of the faces */
export function subjectTemplates(
  databases: Databases,
  { id, templatePolicy }: GalleryRecord,
  generation: number,
  subject: Pick<SubjectRecord, 'id' | 'key'>,
): Template[] {
  const faces = embeddedFaces(databases, id, generation, subject.id)
  if (templatePolicy === 'every') return faces.map((face) => ({ ...face, subjectId: subject.id }))
  if (faces.length === 0) return []
  return [{ key: subject.key, subjectId: subject.id, embedding: fuse(faces.map(({ embedding }) => embedding)) }]
}

const NOTHING = new Uint8Array(0)

/** Little-endian on every platform that Node runs on today. */
const toBytes = (embedding: Float32Array): Uint8Array =>
  Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength)

/** Copies, because lmdb's buffers are neither aligned nor lasting. */
export const fromBytes = (bytes: Uint8Array): Float32Array => new Float32Array(new Uint8Array(bytes).buffer)
