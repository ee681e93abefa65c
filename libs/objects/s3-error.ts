import { DomainError } from '../config/domain-error.js'
import { objectNotFound, preconditionFailed } from './object-problem.js'
import { codeOf } from './storage-error.js'

/** What was asked of which store when an error came. */
export interface S3Request {
  readonly endpoint: string
  readonly bucket: string
  readonly method: string
  readonly key?: string
}

/** An answer that says only that the server cannot serve now. */
export function serverBusy(status: number): Error {
  return Object.assign(new Error(`The object store answered with status ${status}.`), { code: `HTTP_${status}` })
}

/** Error codes of S3 for what passes by itself; 5xx answers are such whatever they say. */
const PASSING_S3 = ['InternalError', 'RequestTimeout', 'ServiceUnavailable', 'SlowDown']
const PASSING_NETWORK = [
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
]
const PASSING: ReadonlySet<string> = new Set([...PASSING_S3, ...PASSING_NETWORK])

/** @returns whether the same request may well succeed in a moment */
export function isPassing(error: unknown): boolean {
  return PASSING.has(codeOf(error)) || codeOf(error).startsWith('HTTP_')
}

/** The second half are MinIO's own words. */
const FULL = ['InsufficientStorage', 'QuotaExceeded', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded']
const DENIED = ['AccessDenied', 'InvalidAccessKeyId', 'RequestTimeTooSkewed', 'SignatureDoesNotMatch']
const ABSENT = ['NoSuchKey', 'NotFound']
const CHANGED = ['PreconditionFailed', 'ConditionalRequestConflict', 'OperationAborted']

/**
 * @returns an error in the words of a store, as the folder store has them: OBJECT_NOT_FOUND, PRECONDITION_FAILED, STORAGE_FULL,
 *   STORAGE_DENIED, STORAGE_BUCKET_MISSING, STORAGE_UNAVAILABLE; any other as it is. Nothing of a signature gets into it.
 */
export function s3Problem(error: unknown, { endpoint, bucket, method, key = '' }: S3Request): unknown {
  const code = codeOf(error)
  const metadata = { bucket, code }
  if (ABSENT.includes(code)) {
    // "If-Match" on an object that is not there is answered with 404.
    return method === 'GET' || method === 'HEAD' ? objectNotFound(key) : preconditionFailed(key, { etag: undefined })
  }
  if (CHANGED.includes(code)) return preconditionFailed(key)
  if (FULL.includes(code)) {
    return new DomainError(
      'STORAGE_FULL',
      `The object store at ${endpoint} is full: nothing was changed. Free some space there, then try again.`,
      metadata,
    )
  }
  if (DENIED.includes(code)) {
    return new DomainError(
      'STORAGE_DENIED',
      `The object store at ${endpoint} refuses access to bucket "${bucket}" (${code}): check CROSSRES_S3_ACCESS_KEY and CROSSRES_S3_SECRET_KEY, what that key may do, and the clock.`,
      metadata,
    )
  }
  if (code === 'NoSuchBucket') {
    return new DomainError(
      'STORAGE_BUCKET_MISSING',
      `The object store at ${endpoint} has no bucket "${bucket}": create it ("aws s3 mb s3://${bucket} --endpoint-url ${endpoint}"), or name another in CROSSRES_OBJECTS.`,
      metadata,
    )
  }
  if (isPassing(error)) {
    return new DomainError(
      'STORAGE_UNAVAILABLE',
      `The object store at ${endpoint} does not answer (${code}): check that it runs and that CROSSRES_S3_ENDPOINT is right, then try again.`,
      metadata,
      error,
    )
  }
  return error
}
