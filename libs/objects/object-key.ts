import { DomainError } from '../config/domain-error.js'

/** S3 limits a key to as many bytes of UTF-8. */
const MAX_BYTES = 1024

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN = /[\u0000-\u001f\u007f\\]|\p{Surrogate}/u

/**
 * Checks a key: `/`-separated segments, none of them empty, `.` or `..`; no control character, no backslash, no half of a
 * surrogate pair; at most 1,024 bytes of UTF-8.
 * @throws DomainError OBJECT_KEY_INVALID
 */
export function checkKey(key: string): void {
  const wrong = keyWrong(key)
  if (wrong) refuse(key, wrong)
}

/** @returns whether a name that others gave an object is a key */
export function isKey(key: string): boolean {
  return keyWrong(key) === undefined
}

/**
 * Checks the beginning of keys; it may be empty and may end anywhere, also in the middle of a segment.
 * @throws DomainError OBJECT_KEY_INVALID
 */
export function checkPrefix(prefix: string): void {
  const wrong =
    charactersWrong(prefix) ?? (prefix.split('/').slice(0, -1).some(isNoSegment) ? EMPTY_SEGMENT : undefined)
  if (wrong) refuse(prefix, wrong)
}

/** Order of keys as S3 lists them: by the bytes of their UTF-8. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

const EMPTY_SEGMENT = 'it has a segment that is empty, "." or ".."'

const isNoSegment = (segment: string) => segment === '' || segment === '.' || segment === '..'

function keyWrong(key: string): string | undefined {
  return charactersWrong(key) ?? (key.split('/').some(isNoSegment) ? EMPTY_SEGMENT : undefined)
}

function charactersWrong(key: string): string | undefined {
  if (FORBIDDEN.test(key)) return 'it has a backslash, a control character or half a surrogate pair'
  if (Buffer.byteLength(key) > MAX_BYTES) return `it is longer than ${MAX_BYTES} bytes`
  return undefined
}

function refuse(key: string, wrong: string): never {
  const shown = JSON.stringify(key.slice(0, 200))
  throw new DomainError(
    'OBJECT_KEY_INVALID',
    `${shown} is no object key: ${wrong}. Use segments like models/base/card.json.`,
    {
      key: shown,
    },
  )
}
