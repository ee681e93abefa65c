import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FaceInput } from '../../../gen/crossres/v1/common.js'
import { Model } from '../../../gen/crossres/v1/embedder.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import { normalise } from '../../../libs/models/embedding.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import { createImageSource } from '../../../libs/objects/image-source.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { createExactSearch } from '../../../libs/vectors/exact.js'
import { createGate } from '../../../test/fixtures/gated-embedder.js'
import type { EmbedFace } from '../face-embedder.js'
import { createGalleries, type Galleries } from '../gallery.js'
import { createPictures, type Pictures } from '../pictures.js'
import { createGalleryStore, type GalleryStore } from '../store/gallery-store.js'
import { throughSwitches } from '../through-switches.js'
import { createReembedder, type Reembedder } from './reembedder.js'

const version = (digit: string) => `models/base/versions/${digit.repeat(12)}`
const [ONE, TWO, THREE] = [version('1'), version('2'), version('3')]
/** Only for machines that are busy with something else. */
const PATIENCE = { timeout: 60_000, interval: 5 }
vi.setConfig({ testTimeout: 180_000 })
const { signal } = new AbortController()

const search = createExactSearch({ threads: 1 })
afterAll(() => search.close())

let folder: string
let store: GalleryStore
let objects: ObjectStore
let galleries: Galleries
let pictures: Pictures
let reembedder: Reembedder
let production: string
let gate: ReturnType<typeof createGate>
/** Pictures embedded, with the version. */
let asked: string[]
/** What embedding a picture with a version ends in, where it is no embedding. */
let failures: Map<string, Error>

/** The vector that a version makes of a picture: another one for each. */
const vectorOf = (picture: string, model: string) =>
  normalise(
    Float32Array.from(createHash('sha256').update(`${model} ${picture}`).digest().subarray(0, 8), (b) => b - 127.5),
  )
const input = (picture: string) =>
  FaceInput.fromPartial({
    input: { $case: 'image', value: { source: { $case: 'content', value: Buffer.from(picture) } } },
  })

/** In the place of an embedder and its network: a gate holds it, and it reads pictures as the real one does. */
const embedFace: EmbedFace = async (face, model) => {
  if (face.input?.$case !== 'image') throw new Error('no picture')
  const picture = Buffer.from(await createImageSource(objects).read(face.input.value)).toString()
  asked.push(`${picture} ${model}`)
  await gate.pass()
  const failure = failures.get(`${picture} ${model}`)
  if (failure) throw failure
  const info = { faceResolution: 8, resolutionStated: false, pictureResolution: 8, effectiveResolution: 0 }
  return { vector: vectorOf(picture, model), modelVersion: model, face: { ...info, region: undefined } }
}

async function open() {
  store = createGalleryStore({ folder: join(folder, 'galleries') })
  galleries = createGalleries({ store, createIndex: search.createIndex })
  pictures = createPictures({ objects, uses: store.pictures, keepPictures: true })
  reembedder = createReembedder({
    galleries,
    pictures,
    embedFace,
    getModel: async ({ name }) => {
      if (name !== 'models/base') throw new DomainError('MODEL_NOT_FOUND', `no ${name}`)
      return { model: Model.fromPartial({ name: production }), scoreCalibration: undefined }
    },
    patience: { firstWaitMs: 1, longestWaitMs: 5 },
    concurrency: 2,
    lookEveryMs: 3_600_000,
  })
}
const close = async () => {
  await reembedder.close()
  await galleries.close()
  await store.close()
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-reembedder-'))
  objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
  production = ONE
  gate = createGate()
  asked = []
  failures = new Map()
  await open()
  await store.createGallery({ id: 'staff' })
})
afterEach(async () => {
  gate.open()
  await close()
  await rm(folder, { recursive: true, force: true })
})

async function enrol(subjectId: string, faces: string[], model = ONE, galleryId = 'staff') {
  await pictures.keep(galleryId, faces.map(input), signal, (kept) =>
    galleries.enrol({
      galleryId,
      subjectId,
      modelVersion: model,
      faces: faces.map((picture, i) => ({
        embedding: vectorOf(picture, model),
        faceResolution: 8,
        detectionScore: 1,
        source: picture,
        ...(kept[i] && { picture: kept[i] }),
      })),
    }),
  )
}
const promote = (name: string) => {
  production = name
  return reembedder.promoted('base')
}
const workOf = (id = 'staff') => store.getGallery(id).reembedding
const ended = (id = 'staff') => vi.waitFor(() => expect(workOf(id)?.state).toMatch(/succeeded|failed/), PATIENCE)
const stuck = (count: number) => vi.waitFor(() => expect(asked).toHaveLength(count), PATIENCE)
/** Who is on a picture, as a version sees it. */
const find = async (picture: string, model: string) => {
  const probes = { modelVersion: model, templates: [vectorOf(picture, model)] }
  const [hits] = await galleries.search('staff', probes, 1)
  return hits?.[0] && hits[0].score > 0.9999 ? hits[0].subjectId : undefined
}
const subjects = Array.from({ length: 20 }, (_, i) => `s${String(i).padStart(2, '0')}`)
const enrolAll = () => Promise.all(subjects.map((subject) => enrol(subject, [subject])))

describe('a gallery whose model was promoted', () => {
  it('answers by the old version until everything is there, then by the new one', async () => {
    await enrolAll()
    gate.shut()
    await promote(TWO)
    await stuck(2)
    expect(workOf()).toMatchObject({ targetVersion: TWO, state: 'running', done: 0 })
    expect(await find('s03', ONE)).toBe('s03')
    await expect(find('s03', TWO)).rejects.toMatchObject({ reason: 'EMBEDDING_MODEL_MISMATCH' })
    gate.open()
    await ended()
    expect(workOf()).toMatchObject({ state: 'succeeded', done: 20, failed: 0 })
    for (const subject of subjects) expect(await find(subject, TWO)).toBe(subject)
    await expect(find('s03', ONE)).rejects.toMatchObject({ reason: 'EMBEDDING_MODEL_MISMATCH' })
    expect(await galleries.checkConsistency('staff')).toEqual([])
    await vi.waitFor(() => expect(store.getGallery('staff').staleSets).toEqual([]), PATIENCE)
  })

  it('takes with it what is enrolled and deleted meanwhile', async () => {
    await enrolAll()
    gate.shut()
    await promote(TWO)
    await stuck(2)
    await enrol('late', ['late', 'later'])
    await enrol('s01', ['another of s01'])
    await galleries.deleteSubject('staff', 's00')
    await galleries.deleteSubject('staff', 's19')
    await pictures.sweep('staff')
    gate.open()
    await ended()
    const expected = {
      late: 'late',
      later: 'late',
      'another of s01': 's01',
      s01: 's01',
      s00: undefined,
      s19: undefined,
    }
    for (const [picture, subject] of Object.entries(expected)) expect(await find(picture, TWO)).toBe(subject)
    expect(workOf()).toMatchObject({ state: 'succeeded', done: 21, failed: 0 })
    expect(await galleries.checkConsistency('staff')).toEqual([])
  })

  it('forgets who is deleted after having been embedded anew, and takes new faces of those who were', async () => {
    await enrolAll()
    failures.set(`s07 ${TWO}`, new DomainError('SERVER_UNREACHABLE', 'away'))
    await promote(TWO)
    await vi.waitFor(() => expect(workOf()?.done).toBe(19), PATIENCE)
    await galleries.deleteSubject('staff', 's05')
    await enrol('s06', ['another of s06'])
    failures.clear()
    await ended()
    expect(await find('s05', TWO)).toBeUndefined()
    expect(await find('another of s06', TWO)).toBe('s06')
    expect(await find('s06', TWO)).toBe('s06')
    expect(await galleries.checkConsistency('staff')).toEqual([])
  })

  it('is switched although faces never cease to come', async () => {
    await enrolAll()
    let enrolled = 0
    let going = true
    const stream = (async () => {
      for (; going; enrolled++) {
        const name = `n${enrolled}`
        await throughSwitches(store, 'staff', ({ modelVersion }) => enrol(name, [name], modelVersion))
      }
    })()
    await promote(TWO)
    await ended()
    going = false
    await stream
    expect(workOf()?.state).toBe('succeeded')
    for (let i = 0; i < enrolled; i++) expect(await find(`n${i}`, TWO)).toBe(`n${i}`)
    expect(await galleries.checkConsistency('staff')).toEqual([])
  })

  it('goes on after a restart with what is missing, told or not', async () => {
    await enrolAll()
    failures.set(`s07 ${TWO}`, new DomainError('SERVER_UNREACHABLE', 'away'))
    await promote(TWO)
    await vi.waitFor(() => expect(workOf()?.done).toBe(19), PATIENCE)
    await close()
    await open()
    asked = []
    failures.clear()
    reembedder.start()
    await galleries.deleteSubject('staff', 's05')
    await ended()
    expect(asked).toEqual([`s07 ${TWO}`])
    expect(await find('s07', TWO)).toBe('s07')
    expect(await find('s05', TWO)).toBeUndefined()
    expect(await galleries.checkConsistency('staff')).toEqual([])
    await close()
    // Promoted while nobody was there.
    production = THREE
    await open()
    reembedder.start()
    await vi.waitFor(() => expect(store.getGallery('staff').modelVersion).toBe(THREE), PATIENCE)
  })

  it('drops what it has begun when yet another version comes, and stays when the old one comes back', async () => {
    await enrolAll()
    gate.shut()
    await promote(TWO)
    await stuck(2)
    await promote(THREE)
    gate.open()
    await ended()
    expect(store.getGallery('staff')).toMatchObject({ modelVersion: THREE })
    gate.shut()
    asked = []
    await promote(ONE)
    await stuck(2)
    await promote(THREE)
    gate.open()
    await vi.waitFor(() => expect(store.getGallery('staff').staleSets).toEqual([]), PATIENCE)
    expect(store.getGallery('staff')).toMatchObject({ modelVersion: THREE, reembedding: null })
    expect(await find('s03', THREE)).toBe('s03')
    // There and back again, by the same version.
    await promote(ONE)
    await vi.waitFor(() => expect(store.getGallery('staff').modelVersion).toBe(ONE), PATIENCE)
    expect(await find('s03', ONE)).toBe('s03')
    expect(await galleries.checkConsistency('staff')).toEqual([])
  })

  it('does not outlive its deletion', async () => {
    await enrolAll()
    gate.shut()
    await promote(TWO)
    await stuck(2)
    await galleries.deleteGallery('staff', true)
    await pictures.sweep('staff')
    gate.open()
    await store.createGallery({ id: 'staff' })
    await enrol('s01', ['s01'], TWO)
    await reembedder.promoted('base')
    expect(workOf()).toBeNull()
    expect(await find('s01', TWO)).toBe('s01')
    expect(await find('s02', TWO)).toBeUndefined()
  })
})

describe('a face that the new version cannot embed', () => {
  const noFace = new DomainError('FACE_NOT_FOUND', 'No face was found.')

  it('stays out where its subject has another, and is tried again by the next version', async () => {
    await enrolAll()
    await enrol('s04', ['blurred'])
    failures.set(`blurred ${TWO}`, noFace)
    await promote(TWO)
    await ended()
    expect(workOf()).toMatchObject({ state: 'succeeded', done: 20, failed: 1 })
    expect(await find('blurred', TWO)).toBeUndefined()
    expect(await find('s04', TWO)).toBe('s04')
    await promote(THREE)
    await vi.waitFor(() => expect(store.getGallery('staff').modelVersion).toBe(THREE), PATIENCE)
    expect(await find('blurred', THREE)).toBe('s04')
  })

  it('keeps the gallery on its version where it is the only one, until the version is promoted again', async () => {
    await enrolAll()
    failures.set(`s11 ${TWO}`, noFace)
    await promote(TWO)
    await ended()
    expect(workOf()).toMatchObject({ state: 'failed', error: { reason: 'REEMBEDDING_SUBJECT_LOST' } })
    expect(workOf()?.error?.message).toMatch(/"s11".*No face was found/)
    for (const subject of subjects) expect(await find(subject, ONE)).toBe(subject)
    await vi.waitFor(() => expect(store.getGallery('staff').staleSets).toEqual([]), PATIENCE)
    asked = []
    reembedder.start()
    await enrol('s11', ['sharp'])
    await promote(TWO)
    await vi.waitFor(() => expect(store.getGallery('staff').modelVersion).toBe(TWO), PATIENCE)
    expect(await find('sharp', TWO)).toBe('s11')
  })

  it('does not count where the version is at fault', async () => {
    await enrolAll()
    failures.set(`s11 ${TWO}`, new DomainError('MODEL_LOAD_FAILED', 'The network cannot be loaded.'))
    await promote(TWO)
    await ended()
    expect(workOf()).toMatchObject({ state: 'failed', failed: 0, error: { reason: 'MODEL_LOAD_FAILED' } })
  })
})

it('says so where a face has no picture, without embedding any', async () => {
  await enrolAll()
  const bare = { embedding: vectorOf('bare', ONE), faceResolution: 8, detectionScore: 1, source: '' }
  await galleries.enrol({ galleryId: 'staff', subjectId: 'bare', modelVersion: ONE, faces: [bare] })
  await promote(TWO)
  await ended()
  expect(workOf()).toMatchObject({ state: 'failed', error: { reason: 'REEMBEDDING_PICTURE_MISSING' } })
  expect(workOf()?.error?.message).toContain('"bare"')
  expect(asked).toEqual([])
})

it('concerns the galleries of that model alone, and none that was made for a version', async () => {
  const models = { all: '', named: 'models/base', pinned: ONE, other: 'models/other', foreign: '' }
  for (const [id, model] of Object.entries(models)) {
    await store.createGallery({ id, model })
    await enrol('a', ['a'], id === 'foreign' ? 'models/elsewhere/versions/0123456789ab' : ONE, id)
  }
  await store.createGallery({ id: 'empty' })
  await promote(TWO)
  reembedder.start()
  for (const id of ['all', 'named']) await ended(id)
  expect(['pinned', 'other', 'foreign', 'empty', 'staff'].map(workOf)).toEqual([null, null, null, null, null])
  expect(store.getGallery('pinned').modelVersion).toBe(ONE)
})
