import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import { type EnrollOutcome, TemplatePolicy } from '../../gen/crossres/v1/gallery_index.js'
import { decodeEmbedding, normalise } from '../../libs/models/embedding.js'
import { failureOfCall } from '../fixtures/calls.js'
import { cosine } from '../fixtures/cosine.js'
import { axes, content, embeddingInput, largestFaceOf } from '../fixtures/face-inputs.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'

let stack: TestStack
let photographs: Buffer[]
let modelVersion: string
beforeAll(async () => {
  stack = await startStack()
  photographs = await Promise.all([1, 2, 3].map(samplePhotograph))
  modelVersion = (await stack.clients.embedder.getModel({})).model?.name ?? ''
})
afterAll(() => stack.stop())

const embedding = (...places: number[]) => embeddingInput(axes(...places), modelVersion)
const enrol = (gallery: string, subjectId: string, ...places: number[]) =>
  stack.clients.galleryIndex.enroll({ gallery, subjectId, faces: [embedding(...places)], createGallery: true })
const subjectsOf = async (gallery: string, ...places: number[]) =>
  (await stack.clients.galleryIndex.match({ gallery, probe: [embedding(...places)] })).candidates.map(({ subject }) =>
    subject.slice(`${gallery}/subjects/`.length),
  )
/** What came of each face, in a word. */
const words = (outcomes: readonly EnrollOutcome[]) =>
  outcomes.map(({ result }) =>
    result?.$case === 'enrolled' ? (result.value.alreadyPresent ? 'present' : 'added') : result?.value.reason,
  )
async function blank() {
  const picture = await sharp({ create: { width: 70, height: 70, channels: 3, background: '#567' } })
    .png()
    .toBuffer()
  return largestFaceOf(picture)
}

describe('several faces of one person', () => {
  it('on a probe fuse into the normalised mean of their embeddings', async () => {
    const { embedder, galleryIndex } = stack.clients
    const vectors = await Promise.all(
      photographs.map(async (photograph) => {
        const { faces } = await embedder.embed({ image: content(photograph), faces: FaceSelection.LARGEST })
        return decodeEmbedding(faces[0]?.embedding ?? { values: Buffer.alloc(0), dimension: 0, modelVersion })
      }),
    )
    const [first, second, enrolled] = vectors as [Float32Array, Float32Array, Float32Array]
    const gallery = 'galleries/fused-probe'
    const faces = [largestFaceOf(photographs[2] as Buffer)]
    await galleryIndex.enroll({ gallery, subjectId: 'third', faces, createGallery: true })
    const probe = [largestFaceOf(photographs[0] as Buffer), largestFaceOf(photographs[1] as Buffer)]
    const mean = normalise(first.map((value, i) => value + (second[i] as number)))
    const found = await galleryIndex.match({ gallery, probe })
    expect(found.candidates[0]?.score).toBeCloseTo(cosine(mean, enrolled), 5)
    expect(found.probeFaces).toHaveLength(2)
    expect(found.probeResolution).toBe(Math.max(...found.probeFaces.map(({ faceResolution }) => faceResolution)))

    const verified = await galleryIndex.verify({ reference: faces, probe })
    expect(verified.score).toBeCloseTo(cosine(mean, enrolled), 5)
    // The three are different people: the mean must not be one of them.
    expect(Math.abs(verified.score - cosine(first, enrolled))).toBeGreaterThan(0.001)
  })

  it('in a gallery are kept each, or fused, as its policy says', async () => {
    const { galleryIndex } = stack.clients
    const scores = async (policy: TemplatePolicy) => {
      const galleryId = `policy-${policy}`
      await galleryIndex.createGallery({ galleryId, gallery: { templatePolicy: policy } })
      const gallery = `galleries/${galleryId}`
      const faces = [embedding(0), embedding(1)]
      const { subject } = await galleryIndex.enroll({ gallery, subjectId: 'two-faced', faces })
      expect(subject?.faceCount).toBe(2n)
      const { candidates } = await galleryIndex.match({ gallery, probe: [embedding(0)] })
      expect(candidates).toHaveLength(1)
      return candidates[0]?.score
    }
    expect(await scores(TemplatePolicy.EVERY)).toBeCloseTo(1, 6)
    expect(await scores(TemplatePolicy.UNSPECIFIED)).toBeCloseTo(1, 6)
    expect(await scores(TemplatePolicy.FUSED)).toBeCloseTo(Math.SQRT1_2, 6)
    // A face that comes later moves the fused template.
    await enrol('galleries/policy-2', 'two-faced', 2)
    const { candidates } = await galleryIndex.match({ gallery: 'galleries/policy-2', probe: [embedding(0)] })
    expect(candidates[0]?.score).toBeCloseTo(1 / Math.sqrt(3), 6)
  })
})

describe('an enrolment', () => {
  it('is done once for a request id, and a face is there once', async () => {
    const { galleryIndex } = stack.clients
    const gallery = 'galleries/once'
    const request = {
      gallery,
      subjectId: 'one',
      faces: [embedding(0)],
      displayName: 'One',
      requestId: 'the same',
      createGallery: true,
    }
    const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => galleryIndex.enroll(request)))
    for (const other of others) expect(other).toEqual(first)
    expect(words(first?.outcomes ?? [])).toEqual(['added'])
    // The id stands for the call that came first, whatever else is in the later one.
    const later = await galleryIndex.enroll({ ...request, subjectId: 'two', faces: [embedding(9)] })
    expect(later).toEqual(first)

    const again = await galleryIndex.enroll({ ...request, faces: [embedding(0), embedding(1)], requestId: 'another' })
    expect(words(again.outcomes)).toEqual(['present', 'added'])
    const none = await galleryIndex.enroll({ ...request, faces: [embedding(1)], requestId: '' })
    expect(words(none.outcomes)).toEqual(['present'])
    const { gallery: after } = await galleryIndex.getGallery({ name: gallery })
    expect(after).toMatchObject({ subjectCount: 1n, faceCount: 2n })
  })

  it('takes the faces that are good and says what is wrong with the others', async () => {
    const { galleryIndex } = stack.clients
    const gallery = 'galleries/partial'
    const damaged = embedding(1)
    damaged.input.value.values = Buffer.alloc(12)
    const rubbish = largestFaceOf(Buffer.from('rubbish'))
    const faces = [await blank(), largestFaceOf(photographs[0] as Buffer), damaged, embedding(2), rubbish, {}]
    const answer = await galleryIndex.enroll({ gallery, subjectId: 'some', faces, createGallery: true })
    expect(words(answer.outcomes)).toEqual([
      'FACE_NOT_FOUND',
      'added',
      'EMBEDDING_DIMENSION_MISMATCH',
      'added',
      'IMAGE_FORMAT_UNSUPPORTED',
      'FIELD_MISSING',
    ])
    expect(answer.subject?.faceCount).toBe(2n)

    const allBad = galleryIndex.enroll({ gallery, subjectId: 'none', faces: [rubbish, await blank()] })
    expect(await failureOfCall(allBad)).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'IMAGE_FORMAT_UNSUPPORTED',
    })
    const nobody = galleryIndex.getSubject({ name: `${gallery}/subjects/none` })
    expect(await failureOfCall(nobody)).toMatchObject({ reason: 'SUBJECT_NOT_FOUND' })
  })

  it('keeps names and labels, and later ones are added', async () => {
    const { galleryIndex } = stack.clients
    const request = { gallery: 'galleries/labels', subjectId: 'Zoë O’Neil', faces: [embedding(0)], createGallery: true }
    expect(await failureOfCall(galleryIndex.enroll(request))).toMatchObject({ reason: 'NAME_INVALID' })
    const subjectId = "Zoë O'Neil"
    await galleryIndex.enroll({ ...request, subjectId, displayName: 'Zoë', labels: { camera: '1', place: 'gate' } })
    await galleryIndex.enroll({ ...request, subjectId, labels: { camera: '2' } })
    const { subject } = await galleryIndex.getSubject({ name: `galleries/labels/subjects/${subjectId}` })
    expect(subject).toMatchObject({ displayName: 'Zoë', labels: { camera: '2', place: 'gate' }, faceCount: 1n })
    const { candidates } = await galleryIndex.match({ gallery: request.gallery, probe: [embedding(0)] })
    expect(candidates[0]?.displayName).toBe('Zoë')
  })
})

describe('deletion', () => {
  it('of a subject: never found again, until enrolled anew', async () => {
    const { galleryIndex } = stack.clients
    const gallery = 'galleries/deletion'
    for (let i = 0; i < 5; i++) await enrol(gallery, `s${i}`, i)
    await enrol(gallery, 's3', 3, 4)
    expect(await subjectsOf(gallery, 3)).toEqual(expect.arrayContaining(['s0', 's1', 's2', 's3', 's4']))
    const name = `${gallery}/subjects/s3`
    expect(await galleryIndex.deleteSubject({ name })).toMatchObject({ deletedFaces: 2n })
    expect((await subjectsOf(gallery, 3)).sort()).toEqual(['s0', 's1', 's2', 's4'])
    for (const call of [galleryIndex.getSubject({ name }), galleryIndex.deleteSubject({ name })]) {
      expect(await failureOfCall(call)).toMatchObject({ status: 'NOT_FOUND', reason: 'SUBJECT_NOT_FOUND' })
    }
    const { gallery: after } = await galleryIndex.getGallery({ name: gallery })
    expect(after).toMatchObject({ subjectCount: 4n, faceCount: 4n })
    const anew = await enrol(gallery, 's3', 3)
    expect(words(anew.outcomes)).toEqual(['added'])
    expect((await subjectsOf(gallery, 3))[0]).toBe('s3')
  })

  it('of a gallery with subjects needs force, and takes everything', async () => {
    const { galleryIndex } = stack.clients
    const name = 'galleries/doomed'
    await enrol(name, 'one', 1)
    await enrol(name, 'two', 2)
    expect(await failureOfCall(galleryIndex.deleteGallery({ name }))).toMatchObject({
      status: 'FAILED_PRECONDITION',
      reason: 'GALLERY_NOT_EMPTY',
    })
    expect((await subjectsOf(name, 1))[0]).toBe('one')
    expect(await galleryIndex.deleteGallery({ name, force: true })).toMatchObject({
      deletedSubjects: 2n,
      deletedFaces: 2n,
    })
    const probe = [embedding(1)]
    expect(await failureOfCall(galleryIndex.match({ gallery: name, probe }))).toMatchObject({ status: 'NOT_FOUND' })
    // A new one of the same name knows nobody of the old one.
    await galleryIndex.createGallery({ galleryId: 'doomed' })
    expect(await subjectsOf(name, 1)).toEqual([])
    expect((await galleryIndex.listSubjects({ gallery: name })).subjects).toEqual([])
    expect(await galleryIndex.deleteGallery({ name })).toMatchObject({ deletedSubjects: 0n, deletedFaces: 0n })
  })
})

describe('lists', () => {
  /** Reads a list by pages. @returns the sizes of the pages and all items */
  async function pages<T>(read: (pageToken: string) => Promise<{ items: T[]; nextPageToken: string }>) {
    const sizes: number[] = []
    const all: T[] = []
    let pageToken = ''
    do {
      const { items, nextPageToken } = await read(pageToken)
      sizes.push(items.length)
      all.push(...items)
      pageToken = nextPageToken
    } while (pageToken)
    return { sizes, all }
  }

  it('of subjects come by pages, each subject once, by id', async () => {
    const { galleryIndex } = stack.clients
    const gallery = 'galleries/paged'
    const ids = ['b', 'a', 'Ä', 'c 1', 'c-2', '10', '9']
    for (const [place, id] of ids.entries()) await enrol(gallery, id, place)
    // Its neighbour by name must not get into the pages.
    await enrol('galleries/paged2', 'other', 0)
    const read = (pageSize: number) =>
      pages(async (pageToken) => {
        const { subjects, nextPageToken } = await galleryIndex.listSubjects({ gallery, pageSize, pageToken })
        return { items: subjects.map(({ name }) => name.slice(`${gallery}/subjects/`.length)), nextPageToken }
      })
    const byBytes = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(await read(3)).toEqual({ sizes: [3, 3, 1], all: byBytes })
    expect(await read(7)).toEqual({ sizes: [7], all: byBytes })
    expect(await read(0)).toEqual({ sizes: [7], all: byBytes })
  })

  it('of subjects stay whole while others come and go', async () => {
    const { galleryIndex } = stack.clients
    const gallery = 'galleries/moving'
    for (const [place, id] of ['b', 'd', 'f', 'h'].entries()) await enrol(gallery, id, place)
    const first = await galleryIndex.listSubjects({ gallery, pageSize: 2 })
    await enrol(gallery, 'a', 8)
    await enrol(gallery, 'e', 9)
    await galleryIndex.deleteSubject({ name: `${gallery}/subjects/d` })
    const second = await galleryIndex.listSubjects({ gallery, pageSize: 9, pageToken: first.nextPageToken })
    const ids = [...first.subjects, ...second.subjects].map(({ name }) => name.slice(`${gallery}/subjects/`.length))
    expect(ids).toEqual(['b', 'd', 'e', 'f', 'h'])
  })

  it('of galleries and models come by pages, too', async () => {
    const { galleryIndex, embedder } = stack.clients
    const galleries = await pages(async (pageToken) => {
      const answer = await galleryIndex.listGalleries({ pageSize: 2, pageToken })
      return { items: answer.galleries.map(({ name }) => name), nextPageToken: answer.nextPageToken }
    })
    expect(galleries.all).toEqual([...new Set(galleries.all)].sort())
    expect(galleries.all).toEqual(expect.arrayContaining(['galleries/paged', 'galleries/moving']))
    expect(Math.max(...galleries.sizes)).toBe(2)
    const models = await embedder.listModels({ pageSize: 1 })
    expect(models.models).toMatchObject([{ modelId: 'base', isDefault: false, production: true }])
    const others = await embedder.listModels({ pageSize: 1, pageToken: models.nextPageToken })
    expect(others.models).toMatchObject([
      { name: modelVersion, modelId: 'crossres', isDefault: true, production: true },
    ])
  })
})
