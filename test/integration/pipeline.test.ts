import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { readEnvironment } from '../../libs/config/environment.js'
import type { EventBus } from '../../libs/events/event-bus.js'
import { onEvent } from '../../libs/events/event-types.js'
import { createInProcessEventBus } from '../../libs/events/in-process.js'
import { until } from '../../libs/events/testing/events.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { type Served, serve } from '../../libs/rpc/serve.js'
import { createDownsampler } from '../../services/downsampler/create-downsampler.js'
import { publishStoredImage } from '../../services/downsampler/stored-image.js'
import { createEmbedder } from '../../services/embedder/create-embedder.js'
import { createGalleryIndex } from '../../services/gallery-index/create-gallery-index.js'
import { badPictures, type EnrolPicture, facePictures, LIMITS } from '../fixtures/enrol-pictures.js'

let folder: string
let objects: ObjectStore
let events: EventBus
let served: Served
let clients: Clients
/** How often every event is handled. */
let deliveries = 1
const enrolled: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-pipeline-'))
  objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
  events = redelivering(createInProcessEventBus())
  const settings = { ...readEnvironment({}).settings, ...LIMITS }
  const logger = pino({ level: 'silent' })
  const shared = { objects, events, cacheFolder: cacheFolder({}), logger }
  const embedder = createEmbedder(shared, settings)
  const downsampler = createDownsampler(shared, settings)
  const galleryIndex = await createGalleryIndex({
    ...shared,
    folder: join(folder, 'galleries'),
    callEmbedder: embedder.embedImage,
    getModel: embedder.getModel,
    settings,
  })
  const parts = [embedder, downsampler, galleryIndex]
  const all = (what: 'warm' | 'close') => async () => {
    await Promise.all(parts.map((part) => part[what]()))
  }
  const together = { services: parts.flatMap((part) => part.services), warm: all('warm'), close: all('close') }
  served = await serve(together, { host: '127.0.0.1', port: 0, logger })
  await served.ready
  clients = createClients({ address: served.address })
  await onEvent(events, 'subject.enrolled', 'test', async ({ subject }) => void enrolled.push(subject))
})
afterEach(() => {
  deliveries = 1
  enrolled.length = 0
})
afterAll(async () => {
  clients?.close()
  await served?.stop(2_000)
  await events?.close()
  await rm(folder, { recursive: true, force: true })
})

/** A bus that gives every event out as often as `deliveries` says, as one does whose consumers die before they acknowledge. */
function redelivering(bus: EventBus): EventBus {
  return {
    ...bus,
    subscribe: (type, consumer, handler, options) =>
      bus.subscribe(
        type,
        consumer,
        async (event, delivery) => {
          for (let i = 0; i < deliveries; i++) await handler(event, delivery)
        },
        options,
      ),
  }
}

async function drop({ key, file }: EnrolPicture, time = new Date()) {
  const { etag } = await objects.put(key, file)
  const stored = { key, etag, time }
  await publishStoredImage({ objects, events, maxFileBytes: LIMITS.maxMessageBytes }, stored)
  return stored
}

const faceCounts = async (gallery: string) => {
  const { subjects } = await clients.galleryIndex.listSubjects({ gallery: `galleries/${gallery}` })
  return Object.fromEntries(subjects.map(({ name, faceCount }) => [name.split('/').at(-1), Number(faceCount)]))
}

async function keys(prefix: string): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of objects.list(prefix)) found.push(key)
  return found
}

it('enrols the pictures of a folder, each once, and keeps nothing of them but pixels', async () => {
  const pictures = await facePictures('staff', 3)
  const [first] = pictures as [EnrolPicture]
  for (const picture of pictures) await drop(picture)
  // The same file under another name is the same face of the same subject; of another subject it is another.
  await drop({ ...first, key: 'images/enrol/staff/person-0/copy.jpg' })
  await drop({ ...first, key: 'images/enrol/staff/Zoë 2/deep/er.jpg' })
  await until(async () => enrolled.length === 4 && (await keys('images/cleaned/')).length === 0)

  expect(await faceCounts('staff')).toEqual({ 'person-0': 1, 'person-1': 1, 'person-2': 1, 'Zoë 2': 1 })
  const kept = await keys('images/enrolled/staff/')
  expect(kept).toHaveLength(3)
  expect((await sharp(first.file).metadata()).exif).toBeDefined()
  for (const key of kept) expect((await sharp((await objects.get(key)).body).metadata()).exif).toBeUndefined()
  expect(await events.deadLetters()).toEqual([])
})

it('gives up bad pictures with the reason, and only them', async () => {
  const bad = await badPictures('visitors')
  const told = await Promise.allSettled(bad.map((picture) => drop(picture)))
  const refused = bad.filter((_, i) => told[i]?.status === 'rejected').map(({ fault }) => fault)
  // Told at once to whoever tells of it; of the store's own notifications these are dead letters, too.
  expect(refused.sort()).toEqual(['FIELD_INVALID', 'PICTURE_FILE_TOO_LARGE'])
  const [good] = (await facePictures('visitors', 1)) as [EnrolPicture]
  await drop(good)
  const given = bad.filter(({ fault }) => !refused.includes(fault))
  await until(async () => (await events.deadLetters()).length === given.length && enrolled.length === 1)

  expect(await faceCounts('visitors')).toEqual({ 'person-0': 1 })
  for (const { event, reason, attempts } of await events.deadLetters()) {
    const picture = given.find(({ key }) => event.subject === `object:${key}`)
    expect(reason).toMatch(new RegExp(`^${picture?.fault}: `))
    expect(attempts).toBe(1)
  }
})

it('does once what it is told twice, in whatever order', async () => {
  deliveries = 2
  const pictures = await facePictures('crowd', 6)
  const stored = await Promise.all(pictures.reverse().map((picture) => drop(picture)))
  for (const object of stored)
    await publishStoredImage({ objects, events, maxFileBytes: LIMITS.maxMessageBytes }, object)
  await until(() => enrolled.length >= 12)
  const counts = await faceCounts('crowd')
  expect(Object.keys(counts)).toHaveLength(6)
  expect(Object.values(counts).every((count) => count === 1)).toBe(true)
  expect((await events.deadLetters()).filter(({ event }) => event.subject.includes('/crowd/'))).toEqual([])
})

it('has a picture embedded by the model of its gallery', async () => {
  await clients.galleryIndex.createGallery({ galleryId: 'older', gallery: { model: 'models/base' } })
  const [picture] = (await facePictures('older', 1)) as [EnrolPicture]
  await drop(picture)
  await until(() => enrolled.length === 1)
  const { gallery } = await clients.galleryIndex.getGallery({ name: 'galleries/older' })
  expect([gallery?.modelVersion, gallery?.faceCount]).toEqual([expect.stringMatching(/^models\/base\/versions\//), 1n])
})

it('enrols again what is stored again after its subject was deleted', async () => {
  const [picture] = (await facePictures('again', 1)) as [EnrolPicture]
  await drop(picture, new Date(1_000))
  await until(() => enrolled.length === 1)
  await clients.galleryIndex.deleteSubject({ name: 'galleries/again/subjects/person-0' })
  expect(await faceCounts('again')).toEqual({})
  await drop(picture, new Date(2_000))
  await until(() => enrolled.length === 2)
  expect(await faceCounts('again')).toEqual({ 'person-0': 1 })
})
