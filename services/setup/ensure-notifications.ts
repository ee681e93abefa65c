import { DomainError } from '../../libs/config/domain-error.js'
import { createS3Connection, type S3Bucket } from '../../libs/objects/s3-connection.js'
import { ENROL_PREFIX } from '../downsampler/enrol-key.js'

/** Names our rule among those of the bucket. */
const ID = 'crossres-enrol'

/**
 * Has the object store tell of every picture that is put under `images/enrol/`. Rules of others stay.
 * @param target where the store sends its notifications, an ARN that its own configuration defines
 * @throws DomainError NOTIFICATIONS_REFUSED, STORAGE_UNAVAILABLE, STORAGE_DENIED, STORAGE_BUCKET_MISSING
 */
export async function ensureNotifications(bucket: S3Bucket, target: string): Promise<void> {
  const connection = createS3Connection(bucket, { patienceMs: 60_000, idleMs: 30_000 })
  try {
    const query = { notification: '' }
    const { body } = await connection.send({ method: 'GET', query })
    const next = withRule(body.toString(), target)
    await connection.send({ method: 'PUT', query, body: Buffer.from(next) })
  } catch (error) {
    if (error instanceof DomainError) throw error
    const said = error instanceof Error ? error.message : String(error)
    throw new DomainError(
      'NOTIFICATIONS_REFUSED',
      `The object store at ${bucket.endpoint} does not send notifications to ${target} (${said}): configure that target there (of MinIO: MINIO_NOTIFY_NATS_ENABLE_JS and the like), name another in CROSSRES_S3_NOTIFICATIONS, or set it to "none" where something else publishes them.`,
      { bucket: bucket.bucket, target },
      error,
    )
  }
}

/**
 * @param configuration XML as "GetBucketNotificationConfiguration" of Amazon S3 answers it
 * @returns the same with our rule, in place of an earlier one
 */
export function withRule(configuration: string, target: string): string {
  const [, rules = ''] = /<NotificationConfiguration[^>]*>(.*)<\/NotificationConfiguration>/s.exec(configuration) ?? []
  const others = rules.replace(/<QueueConfiguration>.*?<\/QueueConfiguration>/gs, (rule) =>
    rule.includes(`<Id>${ID}</Id>`) ? '' : rule,
  )
  const filter = `<Filter><S3Key><FilterRule><Name>prefix</Name><Value>${ENROL_PREFIX}</Value></FilterRule></S3Key></Filter>`
  const ours = `<QueueConfiguration><Id>${ID}</Id><Queue>${escaped(target)}</Queue><Event>s3:ObjectCreated:*</Event>${filter}</QueueConfiguration>`
  return `<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${others}${ours}</NotificationConfiguration>`
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
