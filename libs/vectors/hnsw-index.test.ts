import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bruteForce, faceVectors, recall } from '../../test/fixtures/vectors.js'
import { createHnswIndex } from './hnsw-index.js'
import { openProduct, type Product } from './product.js'
import type { ThreadIndex } from './serve-indexes.js'
import { topKGraph } from './top-k-graph.js'

const PROBES = 100
const { dimension, gallery, probes } = faceVectors(2_000, 3, PROBES, 11)
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)
/** Rows of the gallery, one after the other. */
function rows(numbers: readonly number[], from: Float32Array = gallery): Float32Array {
  const vectors = new Float32Array(numbers.length * dimension)
  numbers.forEach((row, i) => {
    vectors.set(from.subarray(row * dimension, (row + 1) * dimension), i * dimension)
  })
  return vectors
}

let product: Product
let products = 0
let index: ThreadIndex
beforeAll(async () => {
  const opened = await openProduct({ threads: 2, graph: topKGraph() })
  product = {
    ...opened,
    nearest(...asked) {
      products++
      return opened.nearest(...asked)
    },
  }
})
afterAll(() => product.release())
beforeEach(() => {
  index = createHnswIndex(dimension, product, { threads: 2, graphFrom: 1_000 })
  products = 0
})

const upsert = (ids: readonly number[], vectors = rows(ids)) => index.rows.upsert(Float64Array.from(ids), vectors)
const remove = (ids: readonly number[]) => index.rows.remove(Float64Array.from(ids))
const build = () => {
  while (index.tidy?.());
}
async function recallOf(ids: readonly number[], vectors = rows(ids)): Promise<number> {
  const expected = upTo(PROBES).map((i) => {
    const query = probes.subarray(i * dimension, (i + 1) * dimension)
    return bruteForce(ids, vectors, query, 10).map(({ id }) => id)
  })
  return recall(await index.search(probes, 10), expected)
}

describe('createHnswIndex', () => {
  it('finds 99 % of the 10 best faces through the graph, and all of them while it is not there yet', async () => {
    upsert(upTo(6_000))
    expect(await recallOf(upTo(6_000))).toBe(1)
    expect(products).toBe(1)
    build()
    expect(await recallOf(upTo(6_000))).toBeGreaterThanOrEqual(0.99)
    expect(products).toBe(1)
  })

  it('compares what the graph lacks', async () => {
    upsert(upTo(3_000))
    build()
    const late = upTo(4_000).slice(3_000)
    upsert(late)
    const hits = await index.search(rows(late), 1)
    expect(hits.map(({ ids }) => ids[0])).toEqual(late)
    expect(products).toBe(0)
  })

  it('stays good through thousands of replacements and removals, and never gives what is gone', async () => {
    upsert(upTo(3_000))
    build()
    // Others move in under the ids of three quarters, in steps that the graph follows.
    const moved = rows(upTo(3_000))
    for (let first = 0; first < 2_250; first += 75) {
      const ids = upTo(first + 75).slice(first)
      const others = rows(ids.map((id) => id + 3_000))
      moved.set(others, first * dimension)
      upsert(ids, others)
      build()
    }
    expect(await recallOf(upTo(3_000), moved)).toBeGreaterThanOrEqual(0.99)

    const left = upTo(3_000).filter((id) => id % 2 === 0)
    for (let id = 1; id < 3_000; id += 2) {
      remove([id])
      index.tidy?.()
    }
    build()
    expect(index.rows.size).toBe(left.length)
    expect(await recallOf(left, rows(left, moved))).toBeGreaterThanOrEqual(0.99)
    for (const { ids } of await index.search(probes, 30)) {
      expect(ids).toHaveLength(30)
      for (const id of ids) expect(id % 2).toBe(0)
    }
    expect(products).toBe(0)
  })

  it('builds the graph anew when many have left it, and gives it up when few are left', async () => {
    upsert(upTo(6_000))
    build()
    remove(upTo(3_500))
    // The next step finds more removals than vectors left and begins again: too much is lacking for the graph to answer.
    expect(index.tidy?.()).toBe(true)
    const left = upTo(6_000).slice(3_500)
    expect(await recallOf(left)).toBe(1)
    expect(products).toBe(1)
    build()
    expect(await recallOf(left)).toBeGreaterThanOrEqual(0.99)
    expect(products).toBe(1)

    const few = left.slice(0, 400)
    remove(left.slice(400))
    build()
    expect(await recallOf(few)).toBe(1)
  })

  it('is exact where it is asked for many', async () => {
    upsert(upTo(3_000))
    build()
    const [all] = await index.search(probes.subarray(0, dimension), 3_000)
    expect(new Set(all?.ids).size).toBe(3_000)
    expect(products).toBe(1)
  })
})
