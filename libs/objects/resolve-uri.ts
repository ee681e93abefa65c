import { DomainError } from '../config/domain-error.js'
import { checkKey } from './object-key.js'

/**
 * Finds the key that a uri means in the service's own store.
 * @param uri `object:key`, or `s3://bucket/key` of the bucket that the store is
 * @param options.bucket name of that bucket; without it every `s3:` uri is refused
 * @throws DomainError URI_INVALID, URI_UNSUPPORTED for other schemes and buckets, OBJECT_KEY_INVALID
 */
export function resolveUri(uri: string, options: { readonly bucket?: string } = {}): string {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):(.+)$/is.exec(uri) ?? []
  if (!scheme || !rest) {
    throw new DomainError('URI_INVALID', `${shown(uri)} is no uri: write object:images/one.jpg.`, { uri: shown(uri) })
  }
  const key = keyIn(scheme.toLowerCase(), rest, options.bucket)
  if (key === undefined) {
    const known = options.bucket === undefined ? 'object:key' : `object:key or s3://${options.bucket}/key`
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
