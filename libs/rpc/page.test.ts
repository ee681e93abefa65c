import { describe, expect, it } from 'vitest'
import { clampPageSize, decodePageToken, encodePageToken, page } from './page.js'

const names = Array.from({ length: 25 }, (_, i) => `n${String(i).padStart(2, '0')}`)

describe('page', () => {
  it('walks a list without gap or repetition', () => {
    const seen: string[] = []
    let pageToken = ''
    do {
      const { items, nextPageToken } = page(names, (name) => name, { pageSize: 7, pageToken })
      seen.push(...items)
      pageToken = nextPageToken
    } while (pageToken !== '')
    expect(seen).toEqual(names)
  })

  it('ends with an empty token when the last page is full', () => {
    expect(page(names, (name) => name, { pageSize: 25, pageToken: '' }).nextPageToken).toBe('')
  })

  it('goes on behind a name that was deleted in between', () => {
    const rest = page(['a', 'c'], (name) => name, { pageSize: 5, pageToken: encodePageToken('b') })
    expect(rest.items).toEqual(['c'])
  })

  it('clamps sizes and refuses foreign tokens', () => {
    expect(clampPageSize(0)).toBe(100)
    expect(clampPageSize(5_000_000)).toBe(1_000)
    expect(decodePageToken(encodePageToken('é/ü'))).toBe('é/ü')
    expect(() => decodePageToken('nonsense')).toThrow(expect.objectContaining({ reason: 'PAGE_TOKEN_INVALID' }))
  })
})
