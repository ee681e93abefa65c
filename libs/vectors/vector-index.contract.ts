import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bruteForce, type Scored, unitVectors } from '../../test/fixtures/vectors.js'
import type { Hits, IndexName, VectorIndex, VectorSearch } from './vector-index.js'

export interface SearchOfContract {
  readonly search: VectorSearch
  /** Frees what the search needed, the search itself included. */
  stop(): Promise<void>
}

export interface ContractOptions {
  /** The least share of the 10 nearest that is found; 1: an exact index. */
  readonly recall: number
}

const MODEL = 'models/contract/versions/0123456789ab'

function expectSame(hits: Hits | undefined, expected: readonly Scored[]) {
  expect([...(hits?.ids ?? [])]).toEqual(expected.map(({ id }) => id))
  expected.forEach(({ score }, i) => {
    expect(hits?.scores[i]).toBeCloseTo(score, 5)
  })
}

/** What every vector index must do, whatever is behind it. */
export function vectorIndexContract(
  what: string,
  start: () => Promise<SearchOfContract>,
  { recall }: ContractOptions,
): void {
  describe(`${what} as a vector index`, () => {
    let running: SearchOfContract
    let last = 0
    beforeAll(async () => {
      running = await start()
    })
    afterAll(() => running.stop())

    const newName = (): IndexName => ({ gallery: `it's "${++last}" \\ 李`, modelVersion: MODEL })
    /** Runs a test with an index of its own, and removes it. */
    async function withIndex(dimension: number, test: (index: VectorIndex) => Promise<void>) {
      const index = running.search.createIndex(dimension, newName())
      await test(index)
      await index.drop()
    }

    /** Compares with brute force: all the scores are right and fall, and enough of the best are there. */
    function share(
      hits: Hits | undefined,
      ids: readonly number[],
      vectors: Float32Array,
      query: Float32Array,
      k: number,
    ) {
      const all = new Map(bruteForce(ids, vectors, query, ids.length).map(({ id, score }) => [id, score]))
      const best = [...all.keys()].slice(0, k)
      expect(hits?.ids).toHaveLength(best.length)
      expect(new Set(hits?.ids).size).toBe(best.length)
      hits?.ids.forEach((id, i) => {
        expect(hits.scores[i]).toBeCloseTo(all.get(id) as number, 5)
        if (i > 0) expect(hits.scores[i]).toBeLessThanOrEqual(hits.scores[i - 1] as number)
      })
      return best.filter((id) => hits?.ids.includes(id)).length / Math.max(1, best.length)
    }

    it.each([
      [1, 8, 5],
      [70, 16, 10],
      [3000, 128, 10],
      [300, 512, 300],
    ])('finds in %i vectors of %i what brute force finds, top %i', async (count, dimension, k) => {
      await withIndex(dimension, async (index) => {
        const ids = Array.from({ length: count }, (_, i) => 7 * i + 2 ** 53 - 1 - 7 * count)
        const vectors = unitVectors(count, dimension, 1)
        const queries = unitVectors(5, dimension, 2)
        await index.upsert(ids, vectors)
        expect(index.size).toBe(count)
        const found = await index.search(queries, k)
        expect(found).toHaveLength(5)
        const shares: number[] = []
        for (const [i, hits] of found.entries()) {
          const query = queries.subarray(i * dimension, (i + 1) * dimension)
          shares.push(share(hits, ids, vectors, query, k))
          // One query alone may take another way.
          shares.push(share((await index.search(query, k))[0], ids, vectors, query, k))
        }
        expect(shares.reduce((sum, each) => sum + each) / shares.length).toBeGreaterThanOrEqual(recall)
      })
    })

    it('takes the smallest and the largest id', async () => {
      await withIndex(2, async (index) => {
        await index.upsert([0, Number.MAX_SAFE_INTEGER], Float32Array.of(1, 0, 0, 1))
        const [first, second] = await index.search(Float32Array.of(1, 0, 0, 1), 1)
        expect([first?.ids[0], second?.ids[0]]).toEqual([0, Number.MAX_SAFE_INTEGER])
        await index.remove([Number.MAX_SAFE_INTEGER])
        expect([...(await index.snapshot()).ids]).toEqual([0])
      })
    })

    it('answers searches made at the same time as it would each alone', async () => {
      await withIndex(16, async (index) => {
        const ids = Array.from({ length: 500 }, (_, i) => i)
        const vectors = unitVectors(500, 16, 4)
        await index.upsert(ids, vectors)
        const queries = Array.from({ length: 60 }, (_, i) => unitVectors(1 + (i % 3), 16, 100 + i))
        const found = await Promise.all(queries.map((query, i) => index.search(query, 1 + (i % 20))))
        const shares = found.flatMap((all, i) => {
          expect(all).toHaveLength(1 + (i % 3))
          return all.map((hits, j) =>
            share(hits, ids, vectors, (queries[i] as Float32Array).subarray(j * 16, (j + 1) * 16), 1 + (i % 20)),
          )
        })
        expect(shares.reduce((sum, each) => sum + each) / shares.length).toBeGreaterThanOrEqual(recall)
      })
    })

    it('sees every change called before the search, and keeps indexes apart', async () => {
      const [index, other] = [running.search.createIndex(2, newName()), running.search.createIndex(2, newName())]
      const changes = [
        index.upsert([1, 2, 3], Float32Array.of(1, 0, 0, 1, 0.6, 0.8)),
        other.upsert([9, 1], Float32Array.of(1, 0, 0, 1)),
        index.remove([1, 77]),
        index.upsert([2], Float32Array.of(0.8, 0.6)),
      ]
      const [hits] = await index.search(Float32Array.of(1, 0), 10)
      expectSame(hits, [
        { id: 2, score: 0.8 },
        { id: 3, score: 0.6 },
      ])
      await Promise.all(changes)
      expect([index.size, other.size]).toEqual([2, 2])
      await index.drop()
      const [others] = await other.search(Float32Array.of(1, 0), 10)
      expectSame(others, [
        { id: 9, score: 1 },
        { id: 1, score: 0 },
      ])
      await other.drop()
    })

    it('keeps the last vector of an id, also within one call', async () => {
      await withIndex(2, async (index) => {
        await index.upsert([4, 5, 4], Float32Array.of(1, 0, 0.6, 0.8, 0, 1))
        expect(index.size).toBe(2)
        const [hits] = await index.search(Float32Array.of(0, 1), 5)
        expectSame(hits, [
          { id: 4, score: 1 },
          { id: 5, score: 0.8 },
        ])
        await index.remove([4, 4])
        expect(index.size).toBe(1)
      })
    })

    it('finds every one of equal vectors, once', async () => {
      await withIndex(2, async (index) => {
        await index.upsert([5, 6, 7, 8], Float32Array.of(1, 0, 1, 0, 1, 0, 0, 1))
        const [hits] = await index.search(Float32Array.of(1, 0), 3)
        expect([...(hits?.ids ?? [])].sort()).toEqual([5, 6, 7])
        expect([...(hits?.scores ?? [])]).toEqual([1, 1, 1])
      })
    })

    it('answers an empty index, no queries and k = 0 with nothing', async () => {
      await withIndex(2, async (index) => {
        const nothing = [{ ids: new Float64Array(0), scores: new Float32Array(0) }]
        expect(await index.search(Float32Array.of(1, 0), 5)).toEqual(nothing)
        await index.upsert([1], Float32Array.of(1, 0))
        expect(await index.search(Float32Array.of(1, 0), 0)).toEqual(nothing)
        expect(await index.search(new Float32Array(0), 5)).toEqual([])
        await index.upsert([], new Float32Array(0))
        await index.remove([])
        await index.remove([1])
        expect(index.size).toBe(0)
        expect(await index.search(Float32Array.of(1, 0), 5)).toEqual(nothing)
      })
    })

    it('refuses vectors that do not fit and changes nothing', async () => {
      await withIndex(2, async (index) => {
        await expect(index.upsert([1], Float32Array.of(1, 0, 0))).rejects.toMatchObject({
          reason: 'EMBEDDING_DIMENSION_MISMATCH',
        })
        await expect(index.upsert([1, 2], Float32Array.of(1, 0, 0, Number.NaN))).rejects.toMatchObject({
          reason: 'EMBEDDING_NOT_FINITE',
        })
        await expect(index.search(Float32Array.of(Number.POSITIVE_INFINITY, 0), 1)).rejects.toMatchObject({
          reason: 'EMBEDDING_NOT_FINITE',
        })
        expect((await index.snapshot()).ids).toHaveLength(0)
      })
    })

    it('gives back what it holds', async () => {
      await withIndex(16, async (index) => {
        const vectors = unitVectors(40, 16, 7)
        const ids = Array.from({ length: 40 }, (_, i) => 3 * i)
        await index.upsert(ids, vectors)
        await index.remove(ids.slice(0, 10))
        const { ids: kept, vectors: keptVectors } = await index.snapshot()
        expect([...kept].sort((a, b) => a - b)).toEqual(ids.slice(10))
        kept.forEach((id, row) => {
          const own = keptVectors.subarray(row * 16, (row + 1) * 16)
          expect(own).toEqual(vectors.subarray((id / 3) * 16, (id / 3 + 1) * 16))
        })
      })
    })

    it('rejects a cancelled search with the reason of the signal and goes on working', async () => {
      await withIndex(2, async (index) => {
        await index.upsert([1], Float32Array.of(1, 0))
        const controller = new AbortController()
        const cancelled = index.search(Float32Array.of(1, 0), 1, controller.signal)
        controller.abort(new Error('too late'))
        await expect(cancelled).rejects.toThrow('too late')
        await expect(index.search(Float32Array.of(1, 0), 1, controller.signal)).rejects.toThrow('too late')
        expect((await index.search(Float32Array.of(1, 0), 1))[0]?.ids[0]).toBe(1)
      })
    })

    it('rejects calls to a closed index, and begins with nothing when one of its name is opened again', async () => {
      const name = newName()
      for (const end of ['close', 'drop'] as const) {
        const index = running.search.createIndex(2, name)
        await index.upsert([1, 2], Float32Array.of(1, 0, 0, 1))
        await index[end]()
        await expect(index.search(Float32Array.of(1, 0), 1)).rejects.toThrow('closed')
        await expect(index.upsert([1], Float32Array.of(1, 0))).rejects.toThrow('closed')
        const again = running.search.createIndex(2, name)
        await again.upsert([2], Float32Array.of(0, 1))
        expect([...((await again.search(Float32Array.of(1, 0), 5))[0]?.ids ?? [])]).toEqual([2])
        expect(again.size).toBe(1)
        await again.drop()
      }
    })

    it('ends calls under way when the search is closed', async () => {
      const own = await start()
      const unfinished = own.search.createIndex(2, newName()).upsert([1], Float32Array.of(1, 0))
      const ended = expect(unfinished).rejects.toThrow('closed')
      await own.search.close()
      await ended
      await expect(own.search.createIndex(2, newName()).snapshot()).rejects.toThrow('closed')
      await own.stop()
    })
  })
}
