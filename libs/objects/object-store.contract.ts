import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compareKeys } from './object-key.js'
import type { ObjectInfo, ObjectStore } from './object-store.js'

/** A store for one test, and how to get rid of it. */
export interface StoreOfTest {
  readonly store: ObjectStore
  /** Frees what the test needed. */
  remove(): Promise<void>
}

/**
 * What every object store must do, whatever is behind it.
 * @param deviation.listsByFolder the server behind it is known to list "a/b" before "a-b": then only the names are checked, not their order
 */
export function objectStoreContract(
  name: string,
  makeStore: () => Promise<StoreOfTest>,
  deviation: { readonly listsByFolder?: boolean } = {},
): void {
  describe(`${name} as an object store`, () => {
    let store: ObjectStore
    let remove: () => Promise<void>
    beforeEach(async () => {
      const made = await makeStore()
      store = made.store
      remove = () => made.remove()
    })
    afterEach(() => remove())

    const text = async (key: string) => Buffer.from((await store.get(key)).body).toString()
    const put = (key: string, body = key) => store.put(key, Buffer.from(body))
    const all = async (prefix: string) => {
      const found: ObjectInfo[] = []
      for await (const info of store.list(prefix)) found.push(info)
      return found
    }
    const keys = async (prefix: string) => (await all(prefix)).map(({ key }) => key)

    it('gives back what was put, with one etag everywhere', async () => {
      const body = randomBytes(100_000)
      const { etag } = await store.put('images/one.jpg', body)
      const got = await store.get('images/one.jpg')
      expect(got.etag).toBe(etag)
      // Not "toEqual", which takes seconds for as many bytes.
      expect(body.equals(got.body)).toBe(true)
      expect(await store.head('images/one.jpg')).toEqual({ key: 'images/one.jpg', size: body.length, etag })
      expect(await all('')).toEqual([{ key: 'images/one.jpg', size: body.length, etag }])
      expect(body.equals(await buffer(await store.openRead('images/one.jpg')))).toBe(true)
    })

    it('takes a stream, and an object without bytes', async () => {
      const parts = [randomBytes(70_000), randomBytes(1), randomBytes(200_000)]
      await store.put('stream', Readable.from(parts))
      expect(Buffer.concat(parts).equals((await store.get('stream')).body)).toBe(true)
      await store.put('empty', new Uint8Array())
      expect(await store.head('empty')).toMatchObject({ size: 0 })
      expect(await text('empty')).toBe('')
    })

    it('takes keys with any character that a key may have', async () => {
      const names = [
        '007',
        '1e3',
        'q?#%+*\'"&=<>|: x~!()$;@,[]{}^`',
        '%2F',
        '&amp;',
        'a+b c',
        'e\u0301',
        '長😀',
        'x'.repeat(200),
      ]
      for (const key of [...names, ...names.map((one) => `deep/${one}/${one}`)]) {
        const { etag } = await put(key)
        expect(await text(key), key).toBe(key)
        expect(await all(key)).toContainEqual({ key, size: Buffer.byteLength(key), etag })
      }
      expect(await all('')).toHaveLength(2 * names.length)
      for (const key of names) await store.delete(key)
      expect((await keys('')).every((key) => key.startsWith('deep/'))).toBe(true)
    })

    it('takes bodies and streams of many megabytes, under conditions, too', async () => {
      const body = randomBytes(11 * 2 ** 20 + 7)
      const stream = () => Readable.from([body.subarray(0, 10), body.subarray(10, 9_000_000), body.subarray(9_000_000)])
      const whole = async (key: string) => body.equals(await buffer(await store.openRead(key)))

      const first = await store.put('large', stream(), { ifNoneMatch: '*' })
      expect(await store.head('large')).toEqual({ key: 'large', size: body.length, etag: first.etag })
      expect(await all('')).toEqual([{ key: 'large', size: body.length, etag: first.etag }])
      const got = await store.get('large')
      expect(got.etag).toBe(first.etag)
      expect(body.equals(got.body)).toBe(true)
      expect(await whole('large')).toBe(true)

      const failed = { reason: 'PRECONDITION_FAILED' }
      const other = Buffer.alloc(body.length)
      await expect(store.put('large', other, { ifNoneMatch: '*' })).rejects.toMatchObject(failed)
      await expect(store.put('large', Readable.from([other]), { ifMatch: 'none' })).rejects.toMatchObject(failed)
      expect(await whole('large')).toBe(true)
      await store.put('large', other, { ifMatch: first.etag })
      expect(other.equals((await store.get('large')).body)).toBe(true)
    })

    it('lets a reader leave early', async () => {
      await store.put('large', Buffer.alloc(3_000_000, 'x'))
      for await (const chunk of await store.openRead('large')) {
        expect(chunk[0]).toBe('x'.charCodeAt(0))
        break
      }
      ;(await store.openRead('large')).destroy()
      expect(await buffer(await store.openRead('large'))).toHaveLength(3_000_000)
    })

    it('says what is not there', async () => {
      await expect(store.get('a/b')).rejects.toMatchObject({ reason: 'OBJECT_NOT_FOUND' })
      await expect(store.openRead('a/b')).rejects.toMatchObject({ reason: 'OBJECT_NOT_FOUND' })
      expect(await store.head('a/b')).toBeUndefined()
      expect(await all('a/')).toEqual([])
    })

    it('replaces an object, and with it the etag', async () => {
      const etags = new Set<string>()
      for (const body of ['one', 'two', 'one', 'six']) etags.add((await put('a', body)).etag)
      expect(etags.size).toBeGreaterThanOrEqual(3)
      expect(await text('a')).toBe('six')
      expect(await keys('')).toEqual(['a'])
    })

    it('deletes, once or twice', async () => {
      await put('a/b/c')
      await put('a/d')
      await store.delete('a/b/c')
      await store.delete('a/b/c')
      expect(await store.head('a/b/c')).toBeUndefined()
      expect(await keys('')).toEqual(['a/d'])
      await put('a/b/c', 'again')
      expect(await text('a/b/c')).toBe('again')
    })

    it('writes only where its condition holds', async () => {
      const failed = { reason: 'PRECONDITION_FAILED' }
      await expect(store.put('a', Buffer.from('x'), { ifMatch: 'none' })).rejects.toMatchObject(failed)
      const first = await store.put('a', Buffer.from('one'), { ifNoneMatch: '*' })
      await expect(store.put('a', Buffer.from('x'), { ifNoneMatch: '*' })).rejects.toMatchObject(failed)
      const second = await store.put('a', Buffer.from('two'), { ifMatch: first.etag })
      await expect(store.put('a', Buffer.from('x'), { ifMatch: first.etag })).rejects.toMatchObject(failed)
      expect(await store.get('a')).toEqual({ body: Buffer.from('two'), etag: second.etag })
    })

    it('lets one of many concurrent conditional writes win', async () => {
      const create = await Promise.allSettled(
        Array.from({ length: 6 }, (_, i) => store.put('new', Buffer.from(`${i}`), { ifNoneMatch: '*' })),
      )
      const winner = create.findIndex(({ status }) => status === 'fulfilled')
      expect(create.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await text('new')).toBe(`${winner}`)

      const { etag } = await put('old')
      const change = await Promise.allSettled(
        Array.from({ length: 6 }, (_, i) => store.put('old', Buffer.from(`${i}`), { ifMatch: etag })),
      )
      expect(change.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    it('counts right when every writer tries until it wins', async () => {
      await put('count', '0')
      const increment = async (): Promise<void> => {
        const { body, etag } = await store.get('count')
        const next = Buffer.from(`${Number(Buffer.from(body).toString()) + 1}`)
        await store.put('count', next, { ifMatch: etag }).catch(increment)
      }
      await Promise.all(Array.from({ length: 8 }, increment))
      expect(await text('count')).toBe('8')
    })

    it('never shows a reader half an object', async () => {
      const bodies = [Buffer.alloc(300_000, 'a'), Buffer.alloc(200_000, 'b')] as const
      await store.put('a', bodies[0])
      let writing = true
      const write = async () => {
        for (let i = 1; i <= 30; i++) await store.put('a', bodies[(i % 2) as 0 | 1])
        writing = false
      }
      const read = async () => {
        let reads = 0
        while (writing) {
          const body = Buffer.from((await store.get('a')).body)
          expect(bodies.some((whole) => whole.equals(body))).toBe(true)
          reads++
        }
        expect(reads).toBeGreaterThan(0)
      }
      await Promise.all([write(), read(), read()])
    })

    it('keeps the old object where a stream breaks', async () => {
      await put('a', 'old')
      const broken = (bytes: number) =>
        Readable.from(
          (async function* () {
            yield Buffer.alloc(bytes)
            throw new Error('the sender is gone')
          })(),
        )
      for (const bytes of [100_000, 11 * 2 ** 20]) {
        await expect(store.put('a', broken(bytes))).rejects.toThrow('the sender is gone')
        expect(await text('a')).toBe('old')
      }
      expect(await keys('')).toEqual(['a'])
    })

    it('lists by prefix, in the order of the bytes of the keys', async () => {
      const sorted = ['A', 'a-b', 'a.txt', 'a/b/c', 'a/d', 'a0', 'ab/c', 'é', 'ﬀ', '😀']
      for (const key of sorted.toReversed()) await put(key)
      const inOrder = async (prefix: string) => {
        const found = await keys(prefix)
        return deviation.listsByFolder ? found.toSorted(compareKeys) : found
      }
      expect(await inOrder('')).toEqual(sorted)
      expect(await inOrder('a')).toEqual(['a-b', 'a.txt', 'a/b/c', 'a/d', 'a0', 'ab/c'])
      expect(await keys('a/')).toEqual(['a/b/c', 'a/d'])
      expect(await keys('a/b')).toEqual(['a/b/c'])
      expect(await keys('z')).toEqual([])
    })

    it('refuses what is no key', async () => {
      const bad = ['', '/a', 'a/', 'a//b', '..', 'a/../b', './a', 'a\\b', 'a\nb', 'a\u0000', '\ud800', 'x'.repeat(1025)]
      for (const key of bad) {
        const invalid = { reason: 'OBJECT_KEY_INVALID' }
        await expect(put(key), key).rejects.toMatchObject(invalid)
        await expect(store.get(key), key).rejects.toMatchObject(invalid)
        await expect(store.openRead(key), key).rejects.toMatchObject(invalid)
        await expect(store.head(key), key).rejects.toMatchObject(invalid)
        await expect(store.delete(key), key).rejects.toMatchObject(invalid)
      }
      await expect(all('../')).rejects.toMatchObject({ reason: 'OBJECT_KEY_INVALID' })
      await expect(all('/')).rejects.toMatchObject({ reason: 'OBJECT_KEY_INVALID' })
    })

    it('survives writes and deletions in one place at once', async () => {
      await Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
          await put(`deep/er/${i % 3}/object`)
          await store.delete(`deep/er/${i % 3}/object`)
          await put(`kept/${i}`)
        }),
      )
      expect(await keys('kept/')).toHaveLength(30)
      expect(await keys('deep/')).toEqual([])
    })
  })
}
