import { afterAll, describe, expect, it } from 'vitest'
import { createExactSearch } from './exact.js'
import type { Hits } from './vector-index.js'

const search = createExactSearch({ threads: 2 })
afterAll(() => search.close())

/** Reproducible unit vectors, row-major. */
function unitVectors(count: number, dimension: number, seed: number): Float32Array {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  const vectors = Float32Array.from({ length: count * dimension }, next)
  for (let row = 0; row < count; row++) {
    const vector = vectors.subarray(row * dimension, (row + 1) * dimension)
    const norm = Math.hypot(...vector)
    vector.forEach((value, i) => {
      vector[i] = value / norm
    })
  }
  return vectors
}

function bruteForce(ids: readonly number[], vectors: Float32Array, query: Float32Array, k: number) {
  const dimension = query.length
  return ids
    .map((id, row) => ({ id, score: query.reduce((sum, value, i) => sum + value * vectors[row * dimension + i]!, 0) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, k)
}

function expectSame(hits: Hits | undefined, expected: readonly { id: number; score: number }[]) {
  expect([...(hits?.ids ?? [])]).toEqual(expected.map(({ id }) => id))
  expected.forEach(({ score }, i) => {
    expect(hits?.scores[i]).toBeCloseTo(score, 5)
  })
}

describe('createExactSearch', () => {
  it.each([
    [1, 8, 5],
    [70, 16, 10],
    [3000, 128, 10],
    [300, 512, 300],
  ])('finds in %i vectors of %i what brute force finds, top %i', async (count, dimension, k) => {
    const index = search.createIndex(dimension)
    const ids = Array.from({ length: count }, (_, i) => 7 * i + 2 ** 40)
    const vectors = unitVectors(count, dimension, 1)
    const queries = unitVectors(5, dimension, 2)
    await index.upsert(ids, vectors)
    expect(index.size).toBe(count)
    // Five queries take the matrix product, one takes the sketch.
    const found = await index.search(queries, k)
    expect(found).toHaveLength(5)
    for (const [i, hits] of found.entries()) {
      const query = queries.subarray(i * dimension, (i + 1) * dimension)
      const expected = bruteForce(ids, vectors, query, k)
      expectSame(hits, expected)
      expectSame((await index.search(query, k))[0], expected)
    }
    await index.close()
  })

  it('splits a search that would need too much memory at once', async () => {
    const index = search.createIndex(2)
    const count = 200_000
    const vectors = unitVectors(count, 2, 3)
    await index.upsert(
      Array.from({ length: count }, (_, i) => i),
      vectors,
    )
    // 100 queries x 200,000 rows is more than one product may hold.
    const asked = Array.from({ length: 100 }, (_, i) => i * 1999)
    const queries = Float32Array.from(asked.flatMap((row) => [vectors[2 * row]!, vectors[2 * row + 1]!]))
    const found = await index.search(queries, 1)
    expect(found).toHaveLength(100)
    for (const { scores } of found) expect(scores[0]).toBeCloseTo(1, 5)
    await index.close()
  })

  it('answers searches made at the same time as it would each alone', async () => {
    const index = search.createIndex(16)
    const ids = Array.from({ length: 500 }, (_, i) => i)
    const vectors = unitVectors(500, 16, 4)
    await index.upsert(ids, vectors)
    const queries = Array.from({ length: 150 }, (_, i) => unitVectors(1 + (i % 3), 16, 100 + i))
    const found = await Promise.all(queries.map((query, i) => index.search(query, 1 + (i % 20))))
    found.forEach((all, i) => {
      expect(all).toHaveLength(1 + (i % 3))
      all.forEach((hits, j) => {
        const query = queries[i]!.subarray(j * 16, (j + 1) * 16)
        expectSame(hits, bruteForce(ids, vectors, query, 1 + (i % 20)))
      })
    })
    await index.close()
  })

  it('sees every change called before the search, and keeps indexes apart', async () => {
    const [index, other] = [search.createIndex(2), search.createIndex(2)]
    const changes = [
      index.upsert([1, 2, 3], Float32Array.of(1, 0, 0, 1, 0.6, 0.8)),
      other.upsert([9], Float32Array.of(1, 0)),
      index.remove([1, 77]),
      index.upsert([2], Float32Array.of(0.8, 0.6)),
    ]
    const [hits] = await index.search(Float32Array.of(1, 0), 10)
    expectSame(hits, [
      { id: 2, score: 0.8 },
      { id: 3, score: 0.6 },
    ])
    await Promise.all(changes)
    expect([index.size, other.size]).toEqual([2, 1])
    await Promise.all([index.close(), other.close()])
  })

  it('finds every one of equal vectors, once', async () => {
    const index = search.createIndex(2)
    await index.upsert([5, 6, 7, 8], Float32Array.of(1, 0, 1, 0, 1, 0, 0, 1))
    const [hits] = await index.search(Float32Array.of(1, 0), 3)
    expect([...hits!.ids].sort()).toEqual([5, 6, 7])
    expect([...hits!.scores]).toEqual([1, 1, 1])
    await index.close()
  })

  it('answers an empty index, no queries and k = 0 with nothing', async () => {
    const index = search.createIndex(2)
    const nothing = [{ ids: new Float64Array(0), scores: new Float32Array(0) }]
    expect(await index.search(Float32Array.of(1, 0), 5)).toEqual(nothing)
    await index.upsert([1], Float32Array.of(1, 0))
    expect(await index.search(Float32Array.of(1, 0), 0)).toEqual(nothing)
    expect(await index.search(new Float32Array(0), 5)).toEqual([])
    await index.close()
  })

  it('refuses vectors that do not fit and changes nothing', async () => {
    const index = search.createIndex(2)
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
    await index.close()
  })

  it('rejects a cancelled search with the reason of the signal and goes on working', async () => {
    const index = search.createIndex(2)
    await index.upsert([1], Float32Array.of(1, 0))
    const controller = new AbortController()
    const cancelled = index.search(Float32Array.of(1, 0), 1, controller.signal)
    controller.abort(new Error('too late'))
    await expect(cancelled).rejects.toThrow('too late')
    await expect(index.search(Float32Array.of(1, 0), 1, controller.signal)).rejects.toThrow('too late')
    expect((await index.search(Float32Array.of(1, 0), 1))[0]?.ids[0]).toBe(1)
    await index.close()
  })

  it('rejects calls to a closed index and ends with those under way', async () => {
    const own = createExactSearch({ threads: 1 })
    const index = own.createIndex(2)
    await index.close()
    await expect(index.search(Float32Array.of(1, 0), 1)).rejects.toThrow('closed')
    const unfinished = own.createIndex(2).upsert([1], Float32Array.of(1, 0))
    const ended = expect(unfinished).rejects.toThrow('closed')
    await own.close()
    await ended
    await expect(own.createIndex(2).snapshot()).rejects.toThrow('closed')
  })
})
