import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MilvusServer, startMilvus } from '../../test/fixtures/servers/milvus.js'
import { bruteForce, faceVectors, recall } from '../../test/fixtures/vectors.js'
import { createMilvusSearch } from './milvus.js'
import { createMilvusCollection } from './milvus-collection.js'
import { createMilvusIndex } from './milvus-index.js'
import { createMilvusLink } from './milvus-link.js'
import { createPendingCalls } from './pending-calls.js'
import { vectorIndexContract } from './vector-index.contract.js'

let server: MilvusServer
beforeAll(async () => {
  server = await startMilvus()
}, 300_000)
afterAll(() => server?.stop())

vectorIndexContract(
  'Milvus',
  async () => {
    const search = createMilvusSearch({ address: server.address })
    return { search, stop: () => search.close() }
  },
  { recall: 0.99 },
)

// The server is restarted here, which takes its time.
describe('createMilvusSearch', { timeout: 300_000 }, () => {
  const name = { gallery: 'staff', modelVersion: 'models/base/versions/0123456789ab' }

  it('finds 99 % of the 10 best among 5,000 faces', async () => {
    const { dimension, gallery, probes } = faceVectors(1_700, 3, 50, 5)
    const ids = Array.from({ length: 5_100 }, (_, i) => i)
    const search = createMilvusSearch({ address: server.address })
    const index = search.createIndex(dimension, name)
    await index.upsert(ids, gallery)
    const expected = Array.from({ length: 50 }, (_, i) =>
      bruteForce(ids, gallery, probes.subarray(i * dimension, (i + 1) * dimension), 10).map(({ id }) => id),
    )
    expect(recall(await index.search(probes, 10), expected)).toBeGreaterThanOrEqual(0.99)
    await index.drop()
    await search.close()
  })

  it('goes on after the server was restarted, with everything', async () => {
    const search = createMilvusSearch({ address: server.address })
    const index = search.createIndex(2, name)
    await index.upsert([1, 2], Float32Array.of(1, 0, 0, 1))
    await server.restart()
    expect([...((await index.search(Float32Array.of(1, 0), 5))[0]?.ids ?? [])]).toEqual([1, 2])
    await index.drop()
    await search.close()
  })

  it('says that the server does not answer, and goes on when it does', async () => {
    const search = createMilvusSearch({ address: server.address })
    const index = search.createIndex(2, name)
    await index.upsert([1], Float32Array.of(1, 0))
    await server.kill()
    await expect(index.search(Float32Array.of(1, 0), 5)).rejects.toMatchObject({ reason: 'INDEX_UNAVAILABLE' })
    await expect(index.upsert([2], Float32Array.of(0, 1))).rejects.toMatchObject({ reason: 'INDEX_UNAVAILABLE' })
    await server.restart()
    await index.upsert([2], Float32Array.of(0, 1))
    expect([...((await index.search(Float32Array.of(0, 1), 5))[0]?.ids ?? [])]).toEqual([2, 1])
    await index.drop()
    await search.close()
  })
})

describe('createMilvusIndex', () => {
  /** A collection as it is, which notes what is written. */
  function watched(name: string) {
    const link = createMilvusLink({ address: server.address, token: '', timeoutMs: 15_000 })
    const collection = createMilvusCollection(link, name, 2)
    const sent: string[] = []
    const removed: string[] = []
    let failures = 0
    const failOnce = () => {
      failures = 1
    }
    const open = () =>
      createMilvusIndex({
        collection: {
          ...collection,
          async upsert(rows) {
            sent.push(...rows.map(({ key }) => key.slice(-2)))
            await collection.upsert(rows)
            if (failures-- > 0) throw new Error('the answer was lost')
          },
          remove: (keys) => {
            removed.push(...keys.map((key) => key.slice(-2)))
            return collection.remove(keys)
          },
        },
        dimension: 2,
        gallery: 'staff',
        calls: createPendingCalls(),
      })
    return { link, open, sent, removed, failOnce }
  }

  it('repairs what it finds by being filled again: sends what is missing or differs, removes what is too much', async () => {
    const { link, open, sent, removed } = watched('repair')
    const before = open()
    await before.upsert([1, 2, 3], Float32Array.of(1, 0, 0, 1, 0.6, 0.8))
    await before.close()
    sent.length = 0

    const after = open()
    await after.upsert([2, 1], Float32Array.of(0, 1, 0.8, 0.6))
    await after.upsert([4], Float32Array.of(-1, 0))
    expect(sent).toEqual(['01', '04'])
    expect(removed).toEqual([])
    const [hits] = await after.search(Float32Array.of(1, 0), 10)
    expect([...(hits?.ids ?? [])]).toEqual([1, 2, 4])
    expect(hits?.scores[0]).toBeCloseTo(0.8, 6)
    expect(removed).toEqual(['03'])
    expect(after.size).toBe(3)
    await after.drop()
    await link.close()
  })

  it('never gives what a failed call may have left, and sends it again', async () => {
    const { link, open, sent, failOnce } = watched('failed')
    const index = open()
    await index.upsert([1, 2], Float32Array.of(1, 0, 0, 1))
    failOnce()
    await expect(index.upsert([2, 3], Float32Array.of(0.8, 0.6, 0.6, 0.8))).rejects.toThrow('lost')
    sent.length = 0
    await index.upsert([2], Float32Array.of(0, 1))
    expect(sent).toEqual(['02'])
    const [hits] = await index.search(Float32Array.of(1, 0), 10)
    expect([...(hits?.ids ?? [])]).toEqual([1, 2])
    expect([...(hits?.scores ?? [])]).toEqual([1, 0])
    expect(index.size).toBe(2)
    await index.drop()
    await link.close()
  })

  it('removes what it has never opened', async () => {
    const { link, open, removed } = watched('unopened')
    const before = open()
    await before.upsert([1, 2], Float32Array.of(1, 0, 0, 1))
    await before.close()
    await open().drop()
    expect(removed.sort()).toEqual(['01', '02'])
    await open().drop()
    expect(removed).toHaveLength(2)
    await link.close()
  })

  it('tells that the server has lost vectors rather than answer with fewer', async () => {
    const { link, open } = watched('lost')
    const index = open()
    await index.upsert([1, 2], Float32Array.of(1, 0, 0, 1))
    const { link: otherLink, open: openOther } = watched('lost')
    await openOther().drop()
    await expect(index.search(Float32Array.of(1, 0), 2)).rejects.toMatchObject({ reason: 'INDEX_LOST' })
    await Promise.all([link.close(), otherLink.close()])
  })
})
