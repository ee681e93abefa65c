import { checkComparable, checkEmbeddings, checkId, checkRequestId, galleryNotFound } from './checks.js'
import type { Databases, StoredFace } from './databases.js'
import { putEmbedding, subjectTemplates } from './embeddings.js'
import { usePicture } from './pictures.js'
import type {
  EnrolledFace,
  Enrolment,
  EnrolmentOutcome,
  EnrolmentRequest,
  EnrolmentResult,
  GalleryRecord,
  SubjectRecord,
  Template,
} from './records.js'

/** Requests are remembered this long: far longer than any client retries. */
const REQUEST_MEMORY_MS = 7 * 24 * 3600 * 1000

/**
 * Adds faces to a subject, who is created where unknown, in one transaction. See GalleryStore.enrol.
 * @param now ms since the epoch
 */
export async function enrol(databases: Databases, enrolment: Enrolment, now: number): Promise<EnrolmentOutcome> {
  const { galleryId, subjectId, request } = enrolment
  checkId('subject', subjectId)
  if (request) checkRequestId(request.id)
  const dimension = checkEmbeddings(enrolment.faces.map(({ embedding }) => embedding))
  return databases.commit(() => {
    const gallery = databases.galleries.get(galleryId)
    if (!gallery) throw galleryNotFound(galleryId)
    const known = request && databases.requests.get([galleryId, request.id])
    if (known) {
      const { subject, faces, answer } = known
      return { subject, faces, changed: [], repeated: true, ...(answer && { answer }) }
    }
    checkComparable(gallery, enrolment.modelVersion, dimension)

    const before = databases.subjects.get([galleryId, subjectId])
    const { faces, added } = addFaces(databases, enrolment, gallery.generation, now)
    const subject = changedSubject(before ?? newSubject(databases, subjectId, now), enrolment, added.length, now)
    databases.subjects.putSync([galleryId, subjectId], subject)
    databases.galleries.putSync(galleryId, {
      ...gallery,
      modelVersion: enrolment.modelVersion,
      dimension,
      subjectCount: gallery.subjectCount + (before ? 0 : 1),
      faceCount: gallery.faceCount + added.length,
    })
    const answer = request && remember(databases, galleryId, request, { subject, faces }, now)
    const changed = changedTemplates(databases, gallery, subject, added)
    return { subject, faces, changed, repeated: false, ...(answer && { answer }) }
  })
}

function newSubject(databases: Databases, id: string, now: number): SubjectRecord {
  return { id, key: databases.nextKey(), displayName: '', labels: {}, faceCount: 0, createTime: now, updateTime: now }
}

function changedSubject(subject: SubjectRecord, enrolment: Enrolment, added: number, now: number): SubjectRecord {
  return {
    ...subject,
    displayName: enrolment.displayName ?? subject.displayName,
    labels: { ...subject.labels, ...enrolment.labels },
    faceCount: subject.faceCount + added,
    updateTime: added > 0 ? now : subject.updateTime,
  }
}

function addFaces(databases: Databases, { galleryId, subjectId, faces }: Enrolment, generation: number, now: number) {
  const added: { key: number; embedding: Float32Array }[] = []
  const enrolled = faces.map(({ embedding, source, ...rest }): EnrolledFace => {
    const same = source === '' ? undefined : databases.sources.get([galleryId, subjectId, source])
    if (same !== undefined) return { key: same, alreadyPresent: true }
    const key = databases.nextKey()
    const face: StoredFace = { ...rest, key, source, createTime: now }
    databases.faces.putSync([galleryId, subjectId, key], face)
    putEmbedding(databases, [galleryId, generation, subjectId, key], embedding)
    if (rest.picture) usePicture(databases, galleryId, rest.picture.digest, key)
    if (source !== '') databases.sources.putSync([galleryId, subjectId, source], key)
    added.push({ key, embedding })
    return { key, alreadyPresent: false }
  })
  return { faces: enrolled, added }
}

function changedTemplates(
  databases: Databases,
  gallery: GalleryRecord,
  subject: SubjectRecord,
  added: readonly { key: number; embedding: Float32Array }[],
): Template[] {
  if (added.length === 0) return []
  if (gallery.templatePolicy === 'every') return added.map((face) => ({ ...face, subjectId: subject.id }))
  return subjectTemplates(databases, gallery, gallery.generation, subject)
}

function remember(
  { requests, requestTimes }: Databases,
  galleryId: string,
  request: EnrolmentRequest,
  result: EnrolmentResult,
  now: number,
): Uint8Array | undefined {
  const answer = request.encodeAnswer?.(result)
  requests.putSync([galleryId, request.id], { ...result, answer: answer ?? null, createTime: now })
  requestTimes.putSync([now, galleryId, request.id], true)
  // Two out for one in: the memory stays bounded and no call pays for a long clean-up.
  const expired = [...requestTimes.getKeys({ end: [now - REQUEST_MEMORY_MS], limit: 2 })]
  for (const key of expired) {
    const [time, gallery, id] = key
    requestTimes.removeSync(key)
    // The gallery may have been deleted and the id used anew since.
    if (requests.get([gallery, id])?.createTime === time) requests.removeSync([gallery, id])
  }
  return answer
}
