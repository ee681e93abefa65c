import { describe, expect, it } from 'vitest'
import { resolveUri } from './resolve-uri.js'

const reason = (expected: string) => expect.objectContaining({ reason: expected })

describe('resolveUri', () => {
  it('finds keys of the own store', () => {
    expect(resolveUri('object:images/Zoë 1.jpg')).toBe('images/Zoë 1.jpg')
    expect(resolveUri('OBJECT:a')).toBe('a')
    expect(resolveUri('s3://faces/images/a%20b.jpg', { bucket: 'faces' })).toBe('images/a%20b.jpg')
  })

  it('refuses what is no uri', () => {
    for (const uri of ['', 'images/a.jpg', 'object:', ':a'])
      expect(() => resolveUri(uri)).toThrow(reason('URI_INVALID'))
  })

  it('refuses other stores, files and hosts', () => {
    expect(() => resolveUri('s3://faces/a')).toThrow(reason('URI_UNSUPPORTED'))
    expect(() => resolveUri('s3://other/a', { bucket: 'faces' })).toThrow(reason('URI_UNSUPPORTED'))
    expect(() => resolveUri('s3://faces-2/a', { bucket: 'faces' })).toThrow(reason('URI_UNSUPPORTED'))
    expect(() => resolveUri('file:///etc/passwd')).toThrow(reason('URI_UNSUPPORTED'))
    expect(() => resolveUri('https://example.org/a.jpg')).toThrow(reason('URI_UNSUPPORTED'))
  })

  it('refuses keys that lead out of the store', () => {
    for (const uri of ['object:/etc/passwd', 'object:../a', 'object:a/../../b', 'object:a\\..\\b', 's3://faces/../a']) {
      expect(() => resolveUri(uri, { bucket: 'faces' })).toThrow(reason('OBJECT_KEY_INVALID'))
    }
  })
})
