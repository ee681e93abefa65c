import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NOTIFICATIONS_SUBJECT } from '../../libs/events/topology.js'
import { createRandom } from '../../libs/random/random.js'
import { badPictures, type EnrolPicture, facePictures } from '../fixtures/enrol-pictures.js'
import { type PipelineServices, startPipelineServices } from '../fixtures/pipeline-services.js'
import { type NatsServer, startNats } from '../fixtures/servers/nats.js'
import type { S3Server } from '../fixtures/servers/s3-server.js'
import { startSeaweedFs } from '../fixtures/servers/seaweedfs.js'

const GALLERY = 'staff'
const FACES = 52

let nats: NatsServer
let s3: S3Server
let services: PipelineServices

beforeAll(async () => {
  ;[nats, s3] = await Promise.all([startNats(), startSeaweedFs()])
  services = await startPipelineServices(nats.url, s3)
}, 600_000)
afterAll(async () => {
  await services?.stop()
  await Promise.all([nats?.stop(), s3?.stop()])
})

/** What MinIO sends when an object was written. */
function notification(key: string, size: number, eTag: string, eventTime: string): Buffer {
  const object = { key: encodeURIComponent(key), size, eTag, contentType: 'image/jpeg', sequencer: '17A3B' }
  const s3 = { s3SchemaVersion: '1.0', configurationId: 'Config', bucket: { name: 'crossres' }, object }
  const record = { eventVersion: '2.0', eventSource: 'minio:s3', eventTime, eventName: 's3:ObjectCreated:Put', s3 }
  return Buffer.from(JSON.stringify({ EventName: record.eventName, Key: `crossres/${key}`, Records: [record] }))
}

/** Stores pictures; the notification of every other one comes twice, and all in no order. */
async function drop(pictures: readonly EnrolPicture[]): Promise<void> {
  const told: Buffer[] = []
  for (const [i, { key, file }] of pictures.entries()) {
    const { etag } = await services.objects.put(key, file)
    const data = notification(key, file.length, etag, new Date().toISOString())
    told.push(data, ...(i % 2 === 0 ? [data] : []))
  }
  createRandom(1n).shuffle(told)
  for (const data of told)
    await services.bus.publish({ type: NOTIFICATIONS_SUBJECT, id: randomUUID(), subject: '', time: new Date(), data })
}

it('enrols every picture once while all parts die', { timeout: 1_200_000 }, async () => {
  const good = await facePictures(GALLERY, FACES)
  const bad = await badPictures(GALLERY)
  await drop([...good, ...bad])

  await services.enrolled(GALLERY, 6)
  await services.replace('embedder')
  await services.enrolled(GALLERY, 14)
  await services.replace('downsampler')
  await services.enrolled(GALLERY, 22)
  await services.replace('gallery-index')
  await services.enrolled(GALLERY, 30)
  await nats.kill()
  await nats.restart()
  await services.enrolled(GALLERY, 38)
  await s3.kill()
  await sleep(10_000)
  await s3.restart()
  await services.enrolled(GALLERY, FACES)
  await services.idle()

  const counts = await services.faceCounts(GALLERY)
  expect(counts).toEqual(new Map(good.map((_, i) => [`person-${i}`, 1])))
  const kept: string[] = []
  for await (const { key } of services.objects.list('images/enrolled/')) kept.push(key)
  expect(kept).toHaveLength(FACES)

  const letters = await services.bus.deadLetters()
  const given = new Set(letters.map(({ reason }) => reason.split(':')[0]))
  expect(given).toEqual(new Set(bad.map(({ fault }) => fault)))
  for (const { reason, event } of letters) {
    const picture = bad.find(({ key }) => event.subject === `object:${key}` || reason.includes(JSON.stringify(key)))
    expect(reason).toMatch(new RegExp(`^${picture?.fault}: `))
  }
})
