import { expect, it } from 'vitest'
import { onBucketNotification, parseNotification } from './bucket-notifications.js'
import { PoisonError } from './event-bus.js'
import { createInProcessEventBus } from './in-process.js'
import { NOTIFICATIONS_SUBJECT } from './topology.js'

/** As MinIO sends it, with values of our own. */
const notification = (object: Record<string, unknown>, eventName = 's3:ObjectCreated:Put') => ({
  EventName: eventName,
  Key: 'crossres/images/enrol/staff/Zoë B/1 + 1.jpg',
  Records: [
    {
      eventVersion: '2.0',
      eventSource: 'minio:s3',
      awsRegion: '',
      eventTime: '2026-11-24T17:30:08.123Z',
      eventName,
      userIdentity: { principalId: 'crossres' },
      requestParameters: { principalId: 'crossres', region: '', sourceIPAddress: '10.0.0.7' },
      responseElements: {
        'x-amz-id-2': '0f',
        'x-amz-request-id': '15D808BF706E0994',
        'x-minio-deployment-id': 'b791aee5-b66c-4977-b7a3-5e0e2b552b6a',
        'x-minio-origin-endpoint': 'http://minio:9000',
      },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'Config',
        bucket: { name: 'crossres', ownerIdentity: { principalId: 'crossres' }, arn: 'arn:aws:s3:::crossres' },
        object,
      },
      source: { host: '10.0.0.7', port: '', userAgent: 'MinIO (linux; amd64)' },
    },
  ],
})
const put = {
  key: 'images%2Fenrol%2Fstaff%2FZo%C3%AB+B%2F1+%2B+1.jpg',
  size: 6_474,
  eTag: 'a3410f4f8788b510d6f19c5067e60a90',
  contentType: 'image/jpeg',
  userMetadata: { 'content-type': 'image/jpeg' },
  sequencer: '14B09A09703FC47B',
}
const bytes = (document: unknown) => Buffer.from(JSON.stringify(document))

it('reads what MinIO says of a written object', () => {
  expect(parseNotification(bytes(notification(put)))).toEqual([
    {
      bucket: 'crossres',
      key: 'images/enrol/staff/Zoë B/1 + 1.jpg',
      size: 6_474,
      etag: 'a3410f4f8788b510d6f19c5067e60a90',
      time: new Date('2026-11-24T17:30:08.123Z'),
    },
  ])
})

it('reads what Amazon S3 says, which has no prefix before the event’s name', () => {
  const [object] = parseNotification(bytes(notification(put, 'ObjectCreated:CompleteMultipartUpload')))
  expect(object?.size).toBe(6_474)
})

it('passes over what was not written', () => {
  expect(parseNotification(bytes(notification({ key: 'a' }, 's3:ObjectRemoved:Delete')))).toEqual([])
  expect(parseNotification(bytes(notification(put, 's3:ObjectAccessed:Get')))).toEqual([])
})

it.each([
  ['no JSON', Buffer.from('{')],
  ['no records', bytes({ Event: 's3:TestEvent' })],
  ['no key', bytes(notification({ size: 1 }))],
  ['a key that is not URL-encoded', bytes(notification({ ...put, key: '%E4' }))],
])('is poisoned by %s', (_, data) => {
  expect(() => parseNotification(data)).toThrow(PoisonError)
})

it('brings each object to its handler', async () => {
  const bus = createInProcessEventBus()
  const seen: string[] = []
  await onBucketNotification(bus, 'downsampler', async ({ key }) => {
    seen.push(key)
  })
  const event = { type: NOTIFICATIONS_SUBJECT, id: '1', subject: '', time: new Date() }
  const both = { Records: ['a', 'b'].flatMap((key) => notification({ ...put, key }).Records) }
  await bus.publish({ ...event, data: bytes(both) })
  await bus.publish({ ...event, id: '2', data: Buffer.from('[]') })
  await bus.close()
  expect(seen).toEqual(['a', 'b'])
  expect(await bus.deadLetters()).toMatchObject([{ consumer: 'downsampler', attempts: 1, event: { id: '2' } }])
})
