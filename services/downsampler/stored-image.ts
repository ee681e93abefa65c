import { createHash } from 'node:crypto'
import { DomainError } from '../../libs/config/domain-error.js'
import { onBucketNotification } from '../../libs/events/bucket-notifications.js'
import { type EventBus, PoisonError, type Subscription } from '../../libs/events/event-bus.js'
import { publishEvent } from '../../libs/events/event-types.js'
import { idAfter } from '../../libs/events/id-after.js'
import { ENROL_PREFIX, enrolTarget } from '../../libs/objects/image-keys.js'
import { objectNotFound } from '../../libs/objects/object-problem.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { poisonWhereHopeless } from '../../libs/rpc/poison-where-hopeless.js'

/** What telling of stored pictures works with. */
export interface StoredImageDeps {
  readonly objects: ObjectStore
  readonly events: EventBus
  /** Largest file in bytes. */
  readonly maxFileBytes: number
}

/** An object that was written. */
export interface StoredObject {
  readonly key: string
  readonly etag: string
  /** When; the same object written again is another event. */
  readonly time: Date
}

/**
 * Publishes `image.stored` for a picture under `images/enrol/{gallery}/{subject}/`; telling of the same write twice is telling once.
 * @throws DomainError FIELD_INVALID for a key that names no gallery and subject; OBJECT_NOT_FOUND, PICTURE_FILE_TOO_LARGE
 */
export async function publishStoredImage(deps: StoredImageDeps, { key, etag, time }: StoredObject): Promise<void> {
  const target = enrolTarget(key)
  if (!target) {
    throw new DomainError(
      'FIELD_INVALID',
      `${JSON.stringify(key)} names no gallery and subject: put pictures under ${ENROL_PREFIX}GALLERY/SUBJECT/.`,
      { key },
    )
  }
  const { digest, sizeBytes } = await digestOf(deps, key)
  const uri = `object:${key}`
  await publishEvent(
    deps.events,
    'image.stored',
    uri,
    {
      uri,
      digest,
      sizeBytes: BigInt(sizeBytes),
      gallery: `galleries/${target.gallery}`,
      subjectId: target.subject,
    },
    idAfter(JSON.stringify([key, etag, time.getTime()]), 'image.stored'),
  )
}

/** Publishes `image.stored` for what the object store itself tells of. */
export function onStoredObject(deps: StoredImageDeps, concurrency: number): Promise<Subscription> {
  const { bucket } = deps.objects
  return onBucketNotification(
    deps.events,
    'downsampler',
    async (object) => {
      if (bucket !== undefined && object.bucket !== bucket) {
        throw new PoisonError(`the notification is of bucket ${object.bucket}, the pictures are in ${bucket}`)
      }
      // What consoles make to show an empty folder.
      if (!object.key.startsWith(ENROL_PREFIX) || object.key.endsWith('/')) return
      await poisonWhereHopeless(() => publishStoredImage(deps, object))
    },
    { concurrency },
  )
}

async function digestOf({ objects, maxFileBytes }: StoredImageDeps, key: string) {
  const found = await objects.head(key)
  if (!found) throw objectNotFound(key)
  if (found.size > maxFileBytes) {
    throw new DomainError(
      'PICTURE_FILE_TOO_LARGE',
      `${JSON.stringify(key)} has ${found.size} bytes, more than the ${maxFileBytes} that are accepted: store a smaller one.`,
      { key, size: String(found.size), max: String(maxFileBytes) },
    )
  }
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const bytes of await objects.openRead(key)) {
    hash.update(bytes as Buffer)
    sizeBytes += (bytes as Buffer).length
  }
  return { digest: hash.digest('hex'), sizeBytes }
}
