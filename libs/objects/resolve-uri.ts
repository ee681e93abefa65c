import { DomainError } from '../config/domain-error.js'
import { checkKey } from './object-key.js'

/**
 * Finds the key that a uri means in the service's own store.
 * @param uri `object:key`, or `s3://bucket/key` of the bucket that the store is
 * @param store.bucket name of that bucket, as an ObjectStore has it; without it every `s3:` uri is refused
 * @throws DomainError URI_INVALID, URI_UNSUPPORTED for other schemes and buckets, OBJECT_KEY_INVALID
 */
export function resolveUri(uri: string, store: { readonly bucket?: string } = {}): string {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):(.+)$/is.exec(uri) ?? []
  if (!scheme || !rest) {
    throw new DomainError('URI_INVALID', `${shown(uri)} is no uri: write object:images/one.jpg.`, { uri: shown(uri) })
  }
  const key = keyIn(scheme.toLowerCase(), rest, store.bucket)
  if (key === undefined) {
    const known = store.bucket === undefined ? 'object:key' : `object:key or s3://${store.bucket}/key`
    throw new DomainError(
      'URI_UNSUPPORTED',
      `${shown(uri)} is not in this service's object store: use ${known}, or send the picture as content.`,
      { uri: shown(uri) },
    )
  }
  checkKey(key)
  return key
}

function keyIn(scheme: string, rest: string, bucket: string | undefined): string | undefined {
  if (scheme === 'object') return rest
  if (scheme !== 's3' || bucket === undefined || !rest.startsWith(`//${bucket}/`)) return undefined
  return rest.slice(bucket.length + 3)
}

const shown = (uri: string) => JSON.stringify(uri.slice(0, 200))
