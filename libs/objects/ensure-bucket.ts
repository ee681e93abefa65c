import { createS3Connection, type S3Bucket } from './s3-connection.js'
import { codeOf } from './storage-error.js'

/**
 * Makes a bucket that is not there; any number of callers may do so at once, and again.
 * @param options.patienceMs how long to wait for a server that is still starting; default 60,000
 * @throws DomainError STORAGE_UNAVAILABLE, STORAGE_DENIED (also where somebody else has a bucket of that name)
 */
export async function ensureBucket(bucket: S3Bucket, options: { readonly patienceMs?: number } = {}): Promise<void> {
  const connection = createS3Connection(bucket, { patienceMs: options.patienceMs ?? 60_000, idleMs: 30_000 })
  try {
    await connection.send({ method: 'PUT', body: Buffer.from(placement(bucket.region)) })
  } catch (error) {
    if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes(codeOf(error))) throw error
    // Whose it is, and whether the keys may use it, shows when it is used.
    await connection.send({ method: 'GET', query: { 'list-type': '2', 'max-keys': '1' } })
  }
}

/** S3 takes every region but its first in the body. */
function placement(region: string): string {
  if (region === 'us-east-1') return ''
  return `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`
}
