import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { ObjectStore } from './object-store.js'

const bytes = (text: string) => Buffer.from(text)
const all = async <T>(items: AsyncIterable<T>) => {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** What every object store must do; `makeStore` gives an empty one. */
export function objectStoreContract(name: string, makeStore: () => Promise<ObjectStore>): void {
  describe(`object store: ${name}`, () => {
    it('keeps what was put', async () => {
      const store = await makeStore()
      const { etag } = await store.put('models/base/card.json', bytes('{}'))
      const found = await store.get('models/base/card.json')
      expect(Buffer.from(found.body).toString()).toBe('{}')
      expect(found.etag).toBe(etag)
      expect(await store.head('models/base/card.json')).toEqual({ key: 'models/base/card.json', size: 2, etag })
    })

    it('replaces, and the etag changes even where the content does not', async () => {
      const store = await makeStore()
      await store.put('a', bytes('one'))
      const { etag } = await store.put('a', bytes('two'))
      expect((await store.get('a')).etag).toBe(etag)
      expect(Buffer.from((await store.get('a')).body).toString()).toBe('two')
    })

    it('takes and gives streams', async () => {
      const store = await makeStore()
      const large = Buffer.alloc(3_000_000, 7)
      await store.put('big', Readable.from([large.subarray(0, 1_000_000), large.subarray(1_000_000)]))
      expect((await buffer(await store.openRead('big'))).equals(large)).toBe(true)
    })

    it('writes nothing when the stream breaks off', async () => {
      const store = await makeStore()
      async function* broken() {
        yield bytes('half')
        throw new Error('line cut')
      }
      await expect(store.put('x', Readable.from(broken()))).rejects.toThrow('line cut')
      expect(await store.head('x')).toBeUndefined()
      expect(await all(store.list(''))).toEqual([])
    })

    it('says so when there is no such object', async () => {
      const store = await makeStore()
      await expect(store.get('none')).rejects.toMatchObject({ reason: 'OBJECT_NOT_FOUND' })
      await expect(store.openRead('none/at/all')).rejects.toMatchObject({ reason: 'OBJECT_NOT_FOUND' })
      expect(await store.head('none')).toBeUndefined()
      await store.delete('none')
    })

    it('lists by prefix, in the order of the keys', async () => {
      const store = await makeStore()
      for (const key of ['b/2', 'a/10', 'a/9', 'ab', 'b/1/x']) await store.put(key, bytes(key))
      const keys = async (prefix: string) => (await all(store.list(prefix))).map((info) => info.key)
      expect(await keys('')).toEqual(['a/10', 'a/9', 'ab', 'b/1/x', 'b/2'])
      expect(await keys('a')).toEqual(['a/10', 'a/9', 'ab'])
      expect(await keys('b/')).toEqual(['b/1/x', 'b/2'])
      await store.delete('b/2')
      expect(await keys('b/')).toEqual(['b/1/x'])
    })

    it('writes on condition', async () => {
      const store = await makeStore()
      const { etag } = await store.put('p', bytes('1'), { ifNoneMatch: '*' })
      await expect(store.put('p', bytes('2'), { ifNoneMatch: '*' })).rejects.toMatchObject({
        reason: 'PRECONDITION_FAILED',
      })
      await store.put('p', bytes('3'), { ifMatch: etag })
      await expect(store.put('p', bytes('4'), { ifMatch: etag })).rejects.toMatchObject({
        reason: 'PRECONDITION_FAILED',
      })
      await expect(store.put('q', bytes('5'), { ifMatch: etag })).rejects.toMatchObject({
        reason: 'PRECONDITION_FAILED',
      })
      expect(Buffer.from((await store.get('p')).body).toString()).toBe('3')
    })

    it('lets one of many win who write on the same condition at once', async () => {
      const store = await makeStore()
      const { etag } = await store.put('race', bytes('start'))
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => store.put('race', bytes(String(i)), { ifMatch: etag })),
      )
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
    })

    it('takes names that file systems do not', async () => {
      const store = await makeStore()
      const keys = ['images/a: "b"?*|<c>.jpg', 'images/%41', 'images/.hidden', 'images/dot.', 'images/José 测试']
      for (const key of keys) await store.put(key, bytes(key))
      expect((await all(store.list('images/'))).map((info) => info.key)).toEqual([...keys].sort())
      for (const key of keys) expect(Buffer.from((await store.get(key)).body).toString()).toBe(key)
    })

    it.each(['', '/a', 'a/', 'a//b', '../a', 'a/./b', 'a\\b', 'a\u0000b', `${'x'.repeat(300)}`])(
      'refuses the key %j',
      async (key) => {
        const store = await makeStore()
        await expect(store.put(key, bytes('x'))).rejects.toMatchObject({ reason: 'OBJECT_KEY_INVALID' })
        await expect(store.get(key)).rejects.toMatchObject({ reason: 'OBJECT_KEY_INVALID' })
      },
    )
  })
}
