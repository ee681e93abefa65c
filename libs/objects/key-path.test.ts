import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeName, pathOfKey } from './key-path.js'

/** Reads the names of a path back into the key. */
function keyOf(names: readonly string[]): string {
  let key = ''
  let before = ''
  names.forEach((name, index) => {
    const decoded = decodeName(name, index < names.length - 1, before)
    if (!decoded) throw new Error(`${name} is not the store's`)
    before = decoded.kind === 'beginning' ? decoded.encoded : ''
    if (decoded.kind === 'prefix') key += `${decoded.name}/`
    if (decoded.kind === 'object') key += decoded.name
  })
  return key
}

const segment = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 200 })
  .filter((text) => !/^\.{1,2}$/.test(text) && !text.includes('/') && !/\p{Surrogate}/u.test(text))

describe('the path of a key', () => {
  it('shows plain keys as they are', () => {
    expect(pathOfKey('models/base/card.json')).toEqual(['models+', 'base+', 'card.json'])
  })

  it('keeps apart what file systems confuse', () => {
    expect(pathOfKey('A')).not.toEqual(pathOfKey('a'))
    expect(pathOfKey('é')).not.toEqual(pathOfKey('e\u0301'))
    expect(pathOfKey('a')).not.toEqual(pathOfKey('a/b').slice(0, 1))
    expect(pathOfKey('aux.txt')).toEqual(['%61ux.txt'])
    expect(pathOfKey('a.')).toEqual(['a%2e'])
    expect(pathOfKey('+temporary')).toEqual(['%2btemporary'])
  })

  it('can be read back, in names that every file system takes', () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const names = pathOfKey(segments.join('/'))
        expect(keyOf(names)).toBe(segments.join('/'))
        for (const name of names) expect(name).toMatch(/^[a-z0-9._%-]{1,250}\+?$/)
      }),
    )
  })

  it('goes on in a folder where a name is too long', () => {
    const key = `${'ф'.repeat(100)}/${'x'.repeat(600)}`
    expect(pathOfKey(key).length).toBeGreaterThan(4)
    expect(keyOf(pathOfKey(key))).toBe(key)
  })

  it('does not take foreign files for objects', () => {
    expect(decodeName('README', false)).toBeUndefined()
    expect(decodeName('plain-folder', true)).toBeUndefined()
    expect(decodeName('%zz', false)).toBeUndefined()
    expect(decodeName('+temporary', true)).toBeUndefined()
  })
})
