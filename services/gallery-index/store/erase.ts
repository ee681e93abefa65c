import { beginningWith, type Databases, numbered } from './databases.js'
import { activeWork, setsOf } from './embedding-sets.js'
import { leavePicture } from './pictures.js'
import type { GalleryRecord } from './records.js'
import { countFaces } from './reembeddings.js'

/** Removes a subject's records and counts it out. Inside a transaction. @returns the keys of the faces */
export function eraseSubject(databases: Databases, gallery: GalleryRecord, id: string): number[] {
  const work = activeWork(gallery)
  const tried = work ? countFaces(databases, gallery.id, work.generation, id) : { done: 0, failed: 0 }
  const faceKeys = eraseFaces(databases, gallery, id)
  databases.galleries.putSync(gallery.id, {
    ...gallery,
    subjectCount: gallery.subjectCount - 1,
    faceCount: gallery.faceCount - faceKeys.length,
    ...(work && { reembedding: { ...work, done: work.done - tried.done, failed: work.failed - tried.failed } }),
  })
  return faceKeys
}

/** Removes everything of a gallery. Inside a transaction. */
export function eraseGallery(databases: Databases, gallery: GalleryRecord): void {
  const { subjects, requests } = databases
  for (const [, subjectId] of [...subjects.getKeys(beginningWith(gallery.id))]) {
    eraseFaces(databases, gallery, subjectId)
  }
  for (const key of [...requests.getKeys(beginningWith(gallery.id))]) requests.removeSync(key)
  databases.galleries.removeSync(gallery.id)
}

function eraseFaces(databases: Databases, gallery: GalleryRecord, subjectId: string): number[] {
  const { subjects, faces, embeddings, sources } = databases
  const sets = setsOf(gallery)
  const stored = [...faces.getRange(numbered(gallery.id, subjectId))]
  for (const { key, value } of stored) {
    faces.removeSync(key)
    for (const { generation } of sets) embeddings.removeSync([gallery.id, generation, subjectId, value.key])
    if (value.picture) leavePicture(databases, gallery.id, value.picture.digest, value.key)
  }
  for (const key of [...sources.getKeys(beginningWith(gallery.id, subjectId))]) sources.removeSync(key)
  subjects.removeSync([gallery.id, subjectId])
  return stored.map(({ value }) => value.key)
}
