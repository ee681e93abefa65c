import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultyProxy } from '../../test/fixtures/servers/faulty-proxy.js'
import { freePort } from '../../test/fixtures/servers/free-port.js'
import { bucketOf, type S3Server } from '../../test/fixtures/servers/s3-server.js'
import { ensureBucket } from './ensure-bucket.js'
import { objectStoreContract } from './object-store.contract.js'
import type { ObjectStore } from './object-store.js'
import { createS3ObjectStore } from './s3.js'
import { createS3Connection } from './s3-connection.js'
import { elementsOf } from './s3-xml.js'

/** The least that S3 takes. */
const partBytes = 5 * 2 ** 20

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  return keys
}

const PATIENCE = { patienceMs: 1_000, idleMs: 10_000 }

/** What a store on a real S3 server must do: all that stores do, and what only a network can teach. */
export function s3Contract(
  name: string,
  startServer: () => Promise<S3Server>,
  deviation: { readonly listsByFolder?: boolean } = {},
): void {
  describe(name, () => {
    let server: S3Server
    beforeAll(async () => {
      server = await startServer()
      await ensureBucket(bucketOf(server, 'crossres'))
    })
    afterAll(() => server?.stop())

    let tests = 0
    const newStore = (endpoint = server.endpoint) => {
      const bucket = { ...bucketOf(server, 'crossres'), endpoint }
      return createS3ObjectStore({ ...bucket, partBytes, prefix: `test-${++tests}/` })
    }

    objectStoreContract(name, async () => ({ store: newStore(), remove: async () => {} }), deviation)

    it('makes a bucket, whoever asks how often, and leaves it as it is', async () => {
      const bucket = bucketOf(server, 'made-by-many')
      await Promise.all(Array.from({ length: 5 }, () => ensureBucket(bucket)))
      const store = createS3ObjectStore(bucket)
      await store.put('a', Buffer.from('x'))
      await ensureBucket(bucket)
      expect(await keysOf(store)).toEqual(['a'])
    })

    it('is known by its bucket, unless it has only a part of it', () => {
      expect(createS3ObjectStore(bucketOf(server, 'crossres')).bucket).toBe('crossres')
      expect(newStore().bucket).toBeUndefined()
    })

    it('shares its objects with other processes', async () => {
      const bucket = { ...bucketOf(server, 'crossres'), prefix: 'shared/' }
      const [one, two] = [createS3ObjectStore(bucket), createS3ObjectStore(bucket)]
      const { etag } = await one.put('a', Buffer.from('one'))
      await two.put('a', Buffer.from('two'), { ifMatch: etag })
      await expect(one.put('a', Buffer.from('x'), { ifMatch: etag })).rejects.toMatchObject({
        reason: 'PRECONDITION_FAILED',
      })
    })

    it('links to an object, as what it is', async () => {
      const store = newStore()
      await store.put('reports/é 1.html', Buffer.from('<h1>Report</h1>'))
      const link = await store.presignedGet?.('reports/é 1.html', 60)
      const answer = await fetch(link as string)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(await answer.text()).toBe('<h1>Report</h1>')
      expect((await fetch((link as string).replace('reports', 'others'))).status).toBe(403)
    })

    it('links to where people reach it', async () => {
      const store = createS3ObjectStore({
        ...bucketOf(server, 'crossres'),
        publicEndpoint: 'https://faces.example.org',
      })
      expect(await store.presignedGet?.('a', 60)).toMatch(/^https:\/\/faces\.example\.org\/crossres\/a\?/)
      await expect(store.presignedGet?.('a', 0)).rejects.toThrow(RangeError)
      await expect(store.presignedGet?.('a', 604_801)).rejects.toThrow(RangeError)
    })

    it('lists more objects than an answer holds, and no names that are no keys', async () => {
      const options = { ...bucketOf(server, 'many-objects'), pageSize: 7 }
      await ensureBucket(options)
      const store = createS3ObjectStore(options)
      const keys = Array.from({ length: 30 }, (_, i) => `key-${String(i).padStart(2, '0')}`)
      await Promise.all(keys.map((key) => store.put(key, Buffer.from('x'))))
      await createS3Connection(options, PATIENCE).send({ method: 'PUT', key: 'a-folder/' })
      expect(await keysOf(store)).toEqual(keys)
    })

    it('leaves no parts behind where a stream breaks', async () => {
      const broken = Readable.from(
        (async function* () {
          yield Buffer.alloc(2 * partBytes + 1)
          throw new Error('the sender is gone')
        })(),
      )
      const connection = createS3Connection(bucketOf(server, 'crossres'), PATIENCE)
      // MinIO lists the uploads of one object only.
      const uploadsOf = async (key: string) => {
        const query = { uploads: '', prefix: key }
        return elementsOf((await connection.send({ method: 'GET', query })).body.toString(), 'UploadId')
      }
      await connection.send({ method: 'POST', key: 'begun', query: { uploads: '' } })
      expect(await uploadsOf('begun')).toHaveLength(1)
      const store = createS3ObjectStore({ ...bucketOf(server, 'crossres'), partBytes })
      await expect(store.put('broken', broken)).rejects.toThrow('the sender is gone')
      expect(await uploadsOf('broken')).toEqual([])
    })

    it('says which bucket is missing, and what to do', async () => {
      const store = createS3ObjectStore(bucketOf(server, 'not-there'))
      const missing = { reason: 'STORAGE_BUCKET_MISSING', message: expect.stringContaining('not-there') }
      await expect(store.get('a')).rejects.toMatchObject(missing)
      await expect(store.head('a')).rejects.toMatchObject(missing)
      await expect(store.put('a', Buffer.from('x'))).rejects.toMatchObject(missing)
      await expect(store.put('a', Buffer.alloc(20 * 2 ** 20))).rejects.toMatchObject(missing)
      await expect(keysOf(store)).rejects.toMatchObject(missing)
    })

    it('says that its keys are wrong, without telling them', async () => {
      const wrong = { ...bucketOf(server, 'crossres'), secretKey: 'not-the-secret' }
      for (const options of [wrong, { ...wrong, accessKey: 'nobody' }]) {
        const store = createS3ObjectStore(options)
        const denied = { reason: 'STORAGE_DENIED', message: expect.not.stringContaining('not-the-secret') }
        await expect(store.get('a')).rejects.toMatchObject(denied)
        await expect(store.head('a')).rejects.toMatchObject(denied)
        await expect(store.put('a', Buffer.from('x'))).rejects.toMatchObject(denied)
      }
    })

    it('says that nobody answers', async () => {
      const endpoint = `http://127.0.0.1:${await freePort()}`
      const store = createS3ObjectStore({ ...bucketOf(server, 'crossres'), endpoint, patienceMs: 200 })
      const down = { reason: 'STORAGE_UNAVAILABLE', message: expect.stringContaining(endpoint) }
      await expect(store.get('a')).rejects.toMatchObject(down)
      await expect(store.head('a')).rejects.toMatchObject(down)
      await expect(store.put('a', Readable.from([Buffer.from('x')]))).rejects.toMatchObject(down)
    })

    describe('through a network that loses answers', () => {
      it('writes once under a condition', async () => {
        const proxy = await startFaultyProxy(server.endpoint)
        const store = newStore(proxy.endpoint)
        const bodies = [
          { body: Buffer.from('small'), request: /^PUT / },
          { body: Buffer.alloc(partBytes + 1, 'l'), request: /^POST \S+uploadId=/ },
        ]
        for (const { body, request } of bodies) {
          const key = `key-${body.length}`
          const before = await store.put(key, Buffer.from('before'), { ifNoneMatch: '*' })
          proxy.cut({ connections: 1, request })
          const { etag } = await store.put(key, body, { ifMatch: before.etag })
          expect(proxy.cuts()).toBe(1)
          const got = await store.get(key)
          expect(got.etag).toBe(etag)
          expect(Buffer.from(got.body).equals(body)).toBe(true)
          await expect(store.put(key, body, { ifMatch: before.etag })).rejects.toMatchObject({
            reason: 'PRECONDITION_FAILED',
          })
        }
        await proxy.close()
      })

      it('goes on reading where it was cut off', async () => {
        const proxy = await startFaultyProxy(server.endpoint)
        const body = Buffer.from(Uint32Array.from({ length: 2_000_000 }, (_, i) => i).buffer)
        const direct = newStore()
        await direct.put('long', body)
        const store = createS3ObjectStore({
          ...bucketOf(server, 'crossres'),
          endpoint: proxy.endpoint,
          prefix: `test-${tests}/`,
        })
        proxy.cut({ connections: 3, afterBytes: 1_000_000 })
        expect((await buffer(await store.openRead('long'))).equals(body)).toBe(true)
        expect(proxy.cuts()).toBe(3)

        proxy.cut({ connections: 1, afterBytes: 1_000_000 })
        const stream = await store.openRead('long')
        await direct.put('long', body.subarray(4))
        await expect(buffer(stream)).rejects.toMatchObject({ reason: 'PRECONDITION_FAILED' })
        await proxy.close()
      })
    })

    // The last one: it takes the server away.
    it('waits while the server is started again, and has all it acknowledged', async () => {
      const store = createS3ObjectStore({ ...bucketOf(server, 'crossres'), prefix: 'restart/', patienceMs: 60_000 })
      const bodies = Array.from({ length: 10 }, (_, i) => `${i}`)
      for (const body of bodies) await store.put(body, Buffer.from(body), { ifNoneMatch: '*' })
      await server.kill()
      const late = Promise.all([
        store.get('3'),
        store.put('3', Buffer.from('x'), { ifNoneMatch: '*' }).catch((error: { reason: string }) => error.reason),
        store.put('new', Buffer.from('new'), { ifNoneMatch: '*' }),
      ])
      await server.restart()
      const [{ body }, refused, { etag }] = await late
      expect(Buffer.from(body).toString()).toBe('3')
      expect(refused).toBe('PRECONDITION_FAILED')
      expect((await store.head('new'))?.etag).toBe(etag)
      for (const one of bodies) expect(Buffer.from((await store.get(one)).body).toString()).toBe(one)
    })
  })
}
