import { CLEANED_PREFIX } from '../../libs/objects/image-keys.js'
import type { S3Bucket } from '../../libs/objects/s3-connection.js'
import { ensureRule, type RuleList } from './bucket-rules.js'

const LIFECYCLE: RuleList = { query: 'lifecycle', list: 'LifecycleConfiguration', rule: 'Rule', id: 'ID' }
const DAYS = 7

/**
 * Has the object store delete cleaned pictures after a week. Those that were enrolled are deleted at once; what stays are pictures that
 * could not be, which must not lie about for ever. Rules of others stay.
 * @throws what the store answers; not every store can do it
 */
export function ensureExpiry(bucket: S3Bucket): Promise<void> {
  const content = `<Status>Enabled</Status><Filter><Prefix>${CLEANED_PREFIX}</Prefix></Filter><Expiration><Days>${DAYS}</Days></Expiration>`
  return ensureRule(bucket, LIFECYCLE, { id: 'crossres-cleaned', content })
}
