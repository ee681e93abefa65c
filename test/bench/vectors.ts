import { availableParallelism } from 'node:os'
import { createExactSearch } from '../../libs/vectors/exact.js'
import { createHnswIndex } from '../../libs/vectors/hnsw-index.js'
import { createMilvusSearch } from '../../libs/vectors/milvus.js'
import { openProduct } from '../../libs/vectors/product.js'
import { topKGraph } from '../../libs/vectors/top-k-graph.js'
import type { VectorIndex } from '../../libs/vectors/vector-index.js'
import { startMilvus } from '../fixtures/servers/milvus.js'
import { faceVectors, recall } from '../fixtures/vectors.js'
import type { Bench, BenchRow } from './bench-row.js'

const SUBJECTS = 33_334
const FACES = 3
const PROBES = 500
// Milvus Lite takes more than a second for each.
const PROBES_OF_MILVUS = 100
const K = 10
const RECALL = 0.99
const ADDED_AT_ONCE = 2_000

/** The approximate and the remote index beside the exact one, on embeddings distributed as faces' are: what they find, and how fast. */
export const bench: Bench = { name: 'vectors', run: benchVectors }

async function benchVectors(log: (line: string) => void): Promise<BenchRow[]> {
  const subjects = Number(process.env.CROSSRES_BENCH_SUBJECTS ?? SUBJECTS)
  const { dimension, gallery, probes } = faceVectors(subjects, FACES, Math.min(PROBES, subjects), 1)
  const size = subjects * FACES
  const name = { gallery: 'bench', modelVersion: 'models/bench/versions/0123456789ab' }
  const exact = createExactSearch()
  const threads = availableParallelism()
  const product = await openProduct({ threads, graph: topKGraph() })
  const server = await startMilvus()
  const milvus = createMilvusSearch({ address: server.address, timeoutMs: 120_000 })

  async function fill(what: string, index: Pick<VectorIndex, 'upsert'>, settle?: () => void): Promise<void> {
    const start = performance.now()
    for (let first = 0; first < size; first += ADDED_AT_ONCE) {
      const last = Math.min(size, first + ADDED_AT_ONCE)
      const ids = Array.from({ length: last - first }, (_, i) => first + i)
      await index.upsert(ids, gallery.slice(first * dimension, last * dimension))
    }
    settle?.()
    log(`${what}: ${size} vectors in ${((performance.now() - start) / 1_000).toFixed(1)} s`)
  }
  /** One probe at a time, as Match asks. */
  async function ask(index: Pick<VectorIndex, 'search'>, count = PROBES) {
    const hits = []
    const times: number[] = []
    const end = Math.min(probes.length, count * dimension)
    for (let from = 0; from < end; from += dimension) {
      const start = performance.now()
      const [found] = await index.search(probes.subarray(from, from + dimension), K)
      times.push(performance.now() - start)
      if (found) hits.push(found)
    }
    return { hits, ms: times.sort((a, b) => a - b)[times.length >> 1] as number }
  }

  try {
    const exactIndex = exact.createIndex(dimension)
    await fill('exact', exactIndex)
    const truth = await ask(exactIndex)
    const expected = truth.hits.map(({ ids }) => [...ids])
    const rows: BenchRow[] = []
    const compare = async (what: string, index: Pick<VectorIndex, 'search'>, count?: number) => {
      const { hits, ms } = await ask(index, count)
      const share = recall(hits, expected.slice(0, hits.length))
      log(`${what}: recall@${K} ${share.toFixed(4)}, ${ms.toFixed(2)} ms a probe, exact ${truth.ms.toFixed(2)} ms`)
      const of = `${what}, ${size} x ${dimension}`
      rows.push(
        {
          what: `${of}, recall@${K}`,
          ours: share,
          peer: null,
          unit: 'share',
          ratio: null,
          bar: `>= ${RECALL}`,
          pass: share >= RECALL,
        },
        { what: `${of}, one probe`, ours: ms, peer: truth.ms, unit: 'ms', ratio: ms / truth.ms, bar: '', pass: null },
      )
    }
    // In this thread, where it can be told when the graph is complete.
    const graph = createHnswIndex(dimension, product, { threads, graphFrom: 1 })
    const upsert = async (ids: ArrayLike<number>, vectors: Float32Array) =>
      graph.rows.upsert(Float64Array.from(ids), vectors)
    await fill('hnsw', { upsert }, () => {
      while (graph.tidy?.());
    })
    await compare('hnsw', graph)
    const remote = milvus.createIndex(dimension, name)
    await fill('milvus', remote)
    await compare('milvus', remote, PROBES_OF_MILVUS)
    return rows
  } finally {
    await Promise.allSettled([exact.close(), product.release(), milvus.close()])
    await server.stop()
  }
}
