import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createExactSearch } from '../../libs/vectors/exact.js'
import type { VectorIndex } from '../../libs/vectors/vector-index.js'
import { pythonEnv } from '../fixtures/python-env.js'
import type { Bench, BenchRow } from './bench-row.js'
import { type PeerProcess, pythonScript, startPeer } from './peers/peer-process.js'

const ROWS = 100_000
const K = 10
const ROUNDS = 9
const REPEATS = 5
// After its call, OpenBLAS keeps its threads spinning for a while: neither side may pay for the other.
const PAUSE_MS = 150

/** Exact search beside numpy, on the same vectors and in turns: time of a whole search, from queries to sorted ids. */
export const bench: Bench = { name: 'search', run: benchSearch }

export async function benchSearch(log: (line: string) => void): Promise<BenchRow[]> {
  const peer = startPeer(await pythonEnv(['numpy']), pythonScript('search.py'))
  const folder = await mkdtemp(join(tmpdir(), 'crossres-bench-'))
  const search = createExactSearch()
  try {
    const rows: BenchRow[] = []
    for (const dimension of [128, 512]) {
      const gallery = unitVectors(ROWS, dimension)
      const queries = unitVectors(32, dimension)
      const files = { gallery: join(folder, 'gallery.f32'), queries: join(folder, 'queries.f32') }
      await writeFile(files.gallery, gallery)
      await writeFile(files.queries, queries)
      const { numpy } = await peer.ask<{ numpy: string }>({ ...files, dimension })
      log(`${ROWS} x ${dimension}, numpy ${numpy}`)

      const index = search.createIndex(dimension)
      await index.upsert(
        Array.from({ length: ROWS }, (_, i) => i),
        gallery,
      )
      for (const count of [1, 32]) rows.push(await compare(index, peer, queries.subarray(0, count * dimension), log))
      await index.close()
    }
    return rows
  } finally {
    await Promise.allSettled([peer.close(), search.close(), rm(folder, { recursive: true, force: true })])
  }
}

async function compare(
  index: VectorIndex,
  peer: PeerProcess,
  queries: Float32Array,
  log: (line: string) => void,
): Promise<BenchRow> {
  const count = queries.length / index.dimension
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    await sleep(PAUSE_MS)
    const { ms, rows } = await peer.ask<{ ms: number[]; rows: number[][] }>({ count, k: K, repeats: REPEATS })
    await sleep(PAUSE_MS)
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const start = performance.now()
      const hits = await index.search(queries, K)
      const took = performance.now() - start
      if (round > 0) ours.push(took)
      else if (repeat === 0) {
        const same = hits.every(({ ids }, i) => rows[i]?.every((row) => ids.includes(row)))
        if (!same) throw new Error(`exact search and numpy disagree on ${count} queries of ${index.dimension}`)
      }
    }
    // The first round warms both up.
    if (round > 0) theirs.push(...ms)
  }
  const [our, their] = [median(ours), median(theirs)]
  const row: BenchRow = {
    what: `exact search, ${ROWS} x ${index.dimension}, ${count} ${count === 1 ? 'query' : 'queries'}, top ${K}`,
    ours: our,
    peer: their,
    unit: 'ms',
    ratio: our / their,
    bar: 'not slower than numpy',
    pass: our <= their,
  }
  log(`${row.what}: ${our.toFixed(2)} ms, numpy ${their.toFixed(2)} ms, ratio ${(our / their).toFixed(2)}`)
  return row
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}

function unitVectors(count: number, dimension: number): Float32Array {
  const vectors = Float32Array.from({ length: count * dimension }, () => Math.random() - 0.5)
  for (let row = 0; row < count; row++) {
    const vector = vectors.subarray(row * dimension, (row + 1) * dimension)
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
    for (let i = 0; i < dimension; i++) vector[i] = (vector[i] as number) / norm
  }
  return vectors
}
