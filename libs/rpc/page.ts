import { DomainError } from '../config/domain-error.js'

/** What a List request asks for (AIP-158). */
export interface PageRequest {
  /** 0: the default. */
  readonly pageSize: number
  /** Empty: the first page. */
  readonly pageToken: string
}

const DEFAULT_PAGE_SIZE = 100
const MAX_PAGE_SIZE = 1_000

/** @returns the page size to use: 100 where none is asked for, at most 1,000 */
export function clampPageSize(pageSize: number): number {
  return pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(pageSize, MAX_PAGE_SIZE)
}

/** @returns an opaque token that stands for everything after `key` */
export function encodePageToken(key: string): string {
  return Buffer.from(`after:${key}`).toString('base64url')
}

/**
 * @returns the key that a token stands for; undefined for the first page
 * @throws DomainError PAGE_TOKEN_INVALID
 */
export function decodePageToken(token: string): string | undefined {
  if (token === '') return undefined
  const text = Buffer.from(token, 'base64url').toString()
  if (!text.startsWith('after:')) {
    throw new DomainError(
      'PAGE_TOKEN_INVALID',
      'The page token is not one of this server: start again without a token.',
    )
  }
  return text.slice('after:'.length)
}

/** @returns one page of a list that is ordered by `key`, and the token of the next (empty after the last) */
export function page<T>(items: readonly T[], key: (item: T) => string, request: PageRequest) {
  const after = decodePageToken(request.pageToken)
  const size = clampPageSize(request.pageSize)
  const rest = after === undefined ? items : items.filter((item) => key(item) > after)
  const taken = rest.slice(0, size)
  const last = taken.at(-1)
  return { items: taken, nextPageToken: last && rest.length > size ? encodePageToken(key(last)) : '' }
}
