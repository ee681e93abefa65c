import { z } from 'zod'
import { type Delivery, type EventBus, PoisonError, type SubscribeOptions, type Subscription } from './event-bus.js'
import { NOTIFICATIONS_SUBJECT } from './topology.js'

/** An object that was written. */
export interface ObjectCreated {
  readonly bucket: string
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Changes whenever the content changes. */
  readonly etag: string
  readonly time: Date
}

/** Does the work of one object; throwing asks for another try, PoisonError for none. Must be idempotent. */
export type ObjectHandler = (object: ObjectCreated, delivery: Delivery) => Promise<void>

/**
 * A notification as MinIO sends it: the event message structure 2.x of Amazon S3 (docs.aws.amazon.com, "Event message structure"), in an
 * envelope with two fields of its own. Keys are encoded as in the query of a URL.
 */
const Notification = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      eventTime: z.coerce.date(),
      s3: z.object({
        bucket: z.object({ name: z.string().min(1) }),
        object: z.object({
          key: z.string().min(1),
          // Absent where an object was removed.
          size: z.number().int().min(0).default(0),
          eTag: z.string().default(''),
        }),
      }),
    }),
  ),
})

/**
 * @param data JSON of a notification
 * @returns the objects that it says were written; none for one that tells of something else
 * @throws PoisonError when it is no notification
 */
export function parseNotification(data: Uint8Array): readonly ObjectCreated[] {
  const { Records } = readJson(data)
  return Records.filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName)).map(({ eventTime, s3 }) => ({
    bucket: s3.bucket.name,
    key: decodeKey(s3.object.key),
    size: s3.object.size,
    etag: s3.object.eTag.replaceAll('"', ''),
    time: eventTime,
  }))
}

/** Handles the objects that the store's own notifications tell of, also those written while nobody listened. */
export function onBucketNotification(
  bus: EventBus,
  consumer: string,
  handler: ObjectHandler,
  options?: SubscribeOptions,
): Promise<Subscription> {
  const handle = async (data: Uint8Array, delivery: Delivery) => {
    for (const object of parseNotification(data)) await handler(object, delivery)
  }
  return bus.subscribe(NOTIFICATIONS_SUBJECT, consumer, ({ data }, delivery) => handle(data, delivery), options)
}

function readJson(data: Uint8Array) {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(data).toString())
  } catch {
    throw new PoisonError('the notification of the object store is no JSON')
  }
  const parsed = Notification.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new PoisonError(`this is no notification of an object store: ${issue?.path.join('.')}: ${issue?.message}`)
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '))
  } catch {
    throw new PoisonError(`the key ${encoded} of the notification is not URL-encoded`)
  }
}
