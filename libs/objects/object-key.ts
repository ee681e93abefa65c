import { DomainError } from '../config/domain-error.js'

const MAX_KEY_BYTES = 1_024
const MAX_SEGMENT_BYTES = 200

/**
 * Checks a key: `/`-separated segments, none of them empty, `.` or `..`, no backslash, no control character.
 * @returns the segments
 * @throws DomainError OBJECT_KEY_INVALID
 */
export function keySegments(key: string): string[] {
  const segments = key.split('/')
  const valid =
    Buffer.byteLength(key) <= MAX_KEY_BYTES &&
    segments.every(
      (segment) =>
        segment !== '' &&
        segment !== '.' &&
        segment !== '..' &&
        Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES &&
        !/[\\\p{Cc}\p{Cs}]/u.test(segment),
    )
  if (valid) return segments
  throw new DomainError(
    'OBJECT_KEY_INVALID',
    `${JSON.stringify(key.slice(0, 200))} is no object key: use parts separated by "/", none of them empty, "." or "..", without backslashes or control characters.`,
  )
}
