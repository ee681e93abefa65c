import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { openObjectStore } from '../../libs/objects/open-object-store.js'
import { failureOfCall } from '../../test/fixtures/calls.js'
import { type NatsServer, startNats } from '../../test/fixtures/servers/nats.js'
import { bucketOf, type S3Server } from '../../test/fixtures/servers/s3-server.js'
import { startSeaweedFs } from '../../test/fixtures/servers/seaweedfs.js'
import { startService } from '../../test/fixtures/service-process.js'
import { withRule } from './bucket-rules.js'
import { ensureNotifications, NOTIFICATIONS } from './ensure-notifications.js'

const TARGET = 'arn:minio:sqs::JS:nats'

describe('set-up', () => {
  let nats: NatsServer
  let s3: S3Server
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossres-setup-'))
    ;[nats, s3] = await Promise.all([startNats(), startSeaweedFs()])
  })
  afterAll(async () => {
    await Promise.all([nats?.stop(), s3?.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  const environment = () => ({
    CROSSRES_DATA: folder,
    CROSSRES_CACHE: cacheFolder({}),
    CROSSRES_OBJECTS: 's3://crossres',
    CROSSRES_S3_ENDPOINT: s3.endpoint,
    CROSSRES_S3_ACCESS_KEY: s3.accessKey,
    CROSSRES_S3_SECRET_KEY: s3.secretKey,
    CROSSRES_S3_NOTIFICATIONS: 'none',
    CROSSRES_EVENTS: nats.url,
  })

  it('makes everything, by two processes at once and once more', { timeout: 240_000 }, async () => {
    const both = [startService('setup', environment()), startService('setup', environment())]
    for (const { ended } of both) expect(await ended).toEqual({ code: 0, signal: null })
    const again = startService('setup', environment())
    expect(await again.ended).toEqual({ code: 0, signal: null })
    expect(again.log.map(({ msg }) => msg)).toEqual([
      'the bucket is there',
      'the streams and consumers of events are there',
      'the models are there',
    ])
    expect(JSON.stringify(again.log)).not.toContain(s3.secretKey)

    const objects = await openObjectStore({ kind: 's3', ...bucketOf(s3, 'crossres') })
    const registered = await createModelRegistry({ objects }).list()
    expect(registered.map(({ name, production }) => [name, production])).toEqual([
      ['base', true],
      ['crossres', true],
    ])
  })

  it('ends with a reason where something is wrong', async () => {
    const denied = startService('setup', { ...environment(), CROSSRES_S3_SECRET_KEY: 'wrong' })
    expect(await denied.ended).toEqual({ code: 1, signal: null })
    expect(denied.log.at(-1)).toMatchObject({ level: 60, reason: 'STORAGE_DENIED' })
  })

  it('says what to do where the store sends no notifications', async () => {
    const failure = await failureOfCall(ensureNotifications(bucketOf(s3, 'crossres'), TARGET))
    expect(failure).toMatchObject({ status: 'FAILED_PRECONDITION', reason: 'NOTIFICATIONS_REFUSED' })
    expect(failure.message).toContain('CROSSRES_S3_NOTIFICATIONS')
  })
})

describe('a rule of a bucket', () => {
  const none = '<?xml version="1.0"?><NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>'
  const other =
    '<QueueConfiguration><Id>x</Id><Queue>arn:minio:sqs::A:amqp</Queue><Event>s3:ObjectRemoved:*</Event></QueueConfiguration>'
  const ours = (target: string) => ({ id: 'ours', content: `<Queue>${target}</Queue>` })
  const xml = (target: string) => `<QueueConfiguration><Id>ours</Id><Queue>${target}</Queue></QueueConfiguration>`
  const inside = (list: string) => /^<NotificationConfiguration xmlns="[^"]+">(.*)<\/Notif/.exec(list)?.[1]

  it('is the first of a list', () => {
    expect(inside(withRule('', NOTIFICATIONS, ours('a')))).toBe(xml('a'))
    expect(inside(withRule(none, NOTIFICATIONS, ours('a')))).toBe(xml('a'))
  })

  it('stands beside those of others, once', () => {
    const first = withRule(none.replace('/>', `>${other}</NotificationConfiguration>`), NOTIFICATIONS, ours('a'))
    expect(inside(first)).toBe(other + xml('a'))
    expect(inside(withRule(first, NOTIFICATIONS, ours('b')))).toBe(other + xml('b'))
  })
})
