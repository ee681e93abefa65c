import { afterAll, describe, expect, it } from 'vitest'
import { unitVectors } from '../../test/fixtures/vectors.js'
import { createExactSearch } from './exact.js'
import { vectorIndexContract } from './vector-index.contract.js'

vectorIndexContract(
  'exact search',
  async () => {
    const search = createExactSearch({ threads: 2 })
    return { search, stop: () => search.close() }
  },
  { recall: 1 },
)

describe('createExactSearch', () => {
  const search = createExactSearch({ threads: 2 })
  afterAll(() => search.close())

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
})
