import { DomainError } from '../config/domain-error.js'
import { keySegments } from './object-key.js'

/**
 * @param uri `object:key`, or `s3://bucket/key` of the store's own bucket
 * @param bucket the store's own bucket; absent: it has none
 * @returns the key
 * @throws DomainError URI_INVALID, URI_UNSUPPORTED, OBJECT_KEY_INVALID
 */
export function resolveUri(uri: string, bucket?: string): string {
  if (uri.startsWith('object:')) return checked(uri.slice('object:'.length))
  const s3 = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri)
  if (s3) {
    if (bucket !== undefined && s3[1] === bucket) return checked(s3[2] as string)
    throw new DomainError(
      'URI_UNSUPPORTED',
      bucket === undefined
        ? 'This server keeps its objects in a folder and reads no buckets: use object:key, or send the content.'
        : `This server reads the bucket ${bucket} only.`,
    )
  }
  throw new DomainError('URI_INVALID', 'A picture uri is `object:key` or `s3://bucket/key`.')
}

function checked(key: string): string {
  return keySegments(key).join('/')
}
