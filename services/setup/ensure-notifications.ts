import { DomainError } from '../../libs/config/domain-error.js'
import { ENROL_PREFIX } from '../../libs/objects/image-keys.js'
import type { S3Bucket } from '../../libs/objects/s3-connection.js'
import { ensureRule, type RuleList } from './bucket-rules.js'

export const NOTIFICATIONS: RuleList = {
  query: 'notification',
  list: 'NotificationConfiguration',
  rule: 'QueueConfiguration',
  id: 'Id',
}

/**
 * Has the object store tell of every picture that is put under `images/enrol/`. Rules of others stay.
 * @param target where the store sends its notifications, an ARN that its own configuration defines
 * @throws DomainError NOTIFICATIONS_REFUSED, STORAGE_UNAVAILABLE, STORAGE_DENIED, STORAGE_BUCKET_MISSING
 */
export async function ensureNotifications(bucket: S3Bucket, target: string): Promise<void> {
  const arn = target.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const filter = `<Filter><S3Key><FilterRule><Name>prefix</Name><Value>${ENROL_PREFIX}</Value></FilterRule></S3Key></Filter>`
  const content = `<Queue>${arn}</Queue><Event>s3:ObjectCreated:*</Event>${filter}`
  try {
    await ensureRule(bucket, NOTIFICATIONS, { id: 'crossres-enrol', content })
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
