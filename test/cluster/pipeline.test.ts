import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DomainError } from '../../libs/config/domain-error.js'
import { NOTIFICATIONS_SUBJECT } from '../../libs/events/topology.js'
import { createRandom } from '../../libs/random/random.js'
import { badPictures, facePictures } from '../fixtures/enrol-pictures.js'
import { type PipelineServices, startPipelineServices } from '../fixtures/pipeline-services.js'
import { startMinio } from '../fixtures/servers/minio.js'
import { type NatsServer, startNats } from '../fixtures/servers/nats.js'
import type { S3Server } from '../fixtures/servers/s3-server.js'
import { type SmallDisk, startSmallDisk } from '../fixtures/servers/small-disk.js'

const TARGET = 'arn:minio:sqs::JS:nats'
const GALLERY = 'staff'
/** CROSSRES_TEST_PICTURES takes fewer; ten or more. */
const FACES = Number(process.env.CROSSRES_TEST_PICTURES ?? 2_000)
/** Pictures made at a time: they are large. */
const BATCH = 100
const MINIO_AWAY_MS = 30_000
/** In memory: all pictures twice, and as much again. */
const DISK_MEGABYTES = 1_024
const DISK_FULL_MS = 20_000

let nats: NatsServer
let disk: SmallDisk
let minio: S3Server
let services: PipelineServices
let queue: string

beforeAll(async () => {
  queue = await mkdtemp(join(tmpdir(), 'crossres-notifications-'))
  nats = await startNats()
  disk = await startSmallDisk(DISK_MEGABYTES)
  // As deploy/base/minio.yaml has it.
  const settings = {
    MINIO_NOTIFY_NATS_ENABLE_JS: 'on',
    MINIO_NOTIFY_NATS_ADDRESS_JS: new URL(nats.url).host,
    MINIO_NOTIFY_NATS_SUBJECT_JS: NOTIFICATIONS_SUBJECT,
    MINIO_NOTIFY_NATS_JETSTREAM_JS: 'on',
    MINIO_NOTIFY_NATS_QUEUE_DIR_JS: queue,
    MINIO_NOTIFY_NATS_QUEUE_LIMIT_JS: '100000',
    // A notification is in its queue before the writer hears that its object is stored.
    MINIO_API_SYNC_EVENTS: 'on',
  }
  minio = await startMinio(settings, disk)
  services = await startPipelineServices(nats.url, minio, { notifications: TARGET })
}, 1_200_000)
afterAll(async () => {
  await services?.stop()
  await Promise.all([nats?.stop(), minio?.stop()])
  await disk?.stop()
  await rm(queue, { recursive: true, force: true })
})

/** What MinIO says when an object was written. */
function notification(key: string, size: number, eTag: string): Buffer {
  const object = { key: encodeURIComponent(key), size, eTag, contentType: 'image/jpeg', sequencer: '17A3B' }
  const s3 = { s3SchemaVersion: '1.0', configurationId: 'Config', bucket: { name: 'crossres' }, object }
  const times = { eventVersion: '2.0', eventTime: new Date().toISOString() }
  const record = { ...times, eventSource: 'minio:s3', eventName: 's3:ObjectCreated:Put', s3 }
  return Buffer.from(JSON.stringify({ EventName: record.eventName, Key: `crossres/${key}`, Records: [record] }))
}

/**
 * Stores pictures a few at a time, whatever is away or full meanwhile. Behind MinIO's own notifications those of every other picture come
 * once more, in no order.
 */
async function drop(): Promise<void> {
  const limit = pLimit(4)
  const store = async (key: string, file: Buffer): Promise<Buffer> => {
    try {
      const { etag } = await services.objects.put(key, file)
      return notification(key, file.length, etag)
    } catch (error) {
      if (!(error instanceof DomainError && error.reason === 'STORAGE_FULL')) throw error
      await sleep(500)
      return store(key, file)
    }
  }
  for (const { key, file } of await badPictures(GALLERY)) await store(key, file)
  for (let first = 0; first < FACES; first += BATCH) {
    const pictures = await facePictures(GALLERY, Math.min(BATCH, FACES - first), first)
    const told = await Promise.all(pictures.map(({ key, file }) => limit(() => store(key, file))))
    const again = told.filter((_, i) => i % 2 === 0)
    createRandom(BigInt(first)).shuffle(again)
    for (const data of again)
      await services.bus.publish({ type: NOTIFICATIONS_SUBJECT, id: randomUUID(), subject: '', time: new Date(), data })
  }
}

/** Everything that can be lost, in turn. */
async function breakThings(): Promise<void> {
  const share = (hundredths: number) => services.enrolled(GALLERY, (FACES * hundredths) / 100)
  await share(5)
  await services.replace('downsampler')
  await share(15)
  await services.replace('embedder')
  await share(25)
  await services.replace('gallery-index')
  await share(35)
  await nats.restart()
  await share(45)
  await minio.kill()
  await minio.restart()
  await share(55)
  await minio.kill()
  await sleep(MINIO_AWAY_MS)
  await minio.restart()
  await share(65)
  await disk.fill()
  await expect(services.objects.put('images/one-more', Buffer.alloc(1 << 20))).rejects.toMatchObject({
    reason: 'STORAGE_FULL',
  })
  await sleep(DISK_FULL_MS)
  await disk.free()
  await share(75)
  await nats.kill()
  await sleep(5_000)
  await nats.restart()
}

it(`enrols ${FACES} pictures dropped into the bucket, each once, while all parts die`, {
  timeout: 3_600_000,
}, async () => {
  const started = performance.now()
  await Promise.all([drop(), breakThings()])
  await services.enrolled(GALLERY, FACES)
  await services.idle()
  const seconds = Math.round((performance.now() - started) / 1_000)

  const counts = await services.faceCounts(GALLERY)
  const lost = Array.from({ length: FACES }, (_, i) => `person-${i}`).filter((name) => !counts.has(name))
  const doubled = Array.from(counts).filter(([, faces]) => faces !== 1)
  const letters = await services.bus.deadLetters()
  console.info(
    `${counts.size} subjects of ${FACES} pictures in ${seconds} s, ${lost.length} lost, ${doubled.length} doubled, ${letters.length} dead letters`,
  )
  expect({ subjects: counts.size, lost, doubled }).toEqual({ subjects: FACES, lost: [], doubled: [] })
  let kept = 0
  for await (const _ of services.objects.list('images/enrolled/')) kept++
  expect(kept).toBe(FACES)
  const bad = await badPictures(GALLERY)
  expect(new Set(letters.map(({ reason }) => reason.split(':')[0]))).toEqual(new Set(bad.map(({ fault }) => fault)))
  for (const { reason, event } of letters) {
    const picture = bad.find(({ key }) => event.subject === `object:${key}` || reason.includes(JSON.stringify(key)))
    expect(reason).toMatch(new RegExp(`^${picture?.fault}: `))
  }
})
