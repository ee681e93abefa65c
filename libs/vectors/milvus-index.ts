import { createHash } from 'node:crypto'
import { DomainError } from '../config/domain-error.js'
import { checkVectors } from './check-vectors.js'
import { type MilvusCollection, MOST_RESULTS, type StoredVector } from './milvus-collection.js'
import type { PendingCalls } from './pending-calls.js'
import type { Hits, Snapshot, VectorIndex } from './vector-index.js'

export interface MilvusIndexDeps {
  readonly collection: MilvusCollection
  readonly dimension: number
  /** The gallery's id. */
  readonly gallery: string
  readonly calls: PendingCalls
}

/** Bits of SHA-256 that stand for a vector; those of a number. */
const DIGEST_BYTES = 6
const ID_DIGITS = 16
/** No vector's digest. */
const UNSURE = -1

/**
 * The part of a collection that belongs to one gallery, as an index of its own. Nothing of the server is trusted but what is upserted here
 * again: `kept` are the vectors of an earlier process, which become part of the index by an upsert of the same vector, without being sent,
 * and are removed before the first call that would see them. An index that is filled from its store thus costs little and is as the store.
 */
export function createMilvusIndex({ collection, dimension, gallery, calls }: MilvusIndexDeps): VectorIndex {
  // 128 bits: no two galleries share them. Never the id itself, which may hold whatever a filter would have to escape.
  const owner = createHash('sha256').update(gallery).digest('hex').slice(0, 32)
  const keyOf = (id: number) => owner + String(id).padStart(ID_DIGITS, '0')
  const idOf = (key: string) => Number(key.slice(owner.length))
  const known = new Set<number>()
  // What the server has or may have, beside the known: left by an earlier process, or by a call that failed half-way.
  let kept: Map<number, number> | undefined
  let closed = false
  // Changes run one after the other; a search runs beside others, after the changes called before it.
  let changes: Promise<unknown> = Promise.resolve()

  function change<T>(work: () => Promise<T>): Promise<T> {
    const run = changes.then(() => {
      if (closed) throw new Error('the index is closed')
      return work()
    })
    changes = run.catch(() => undefined)
    return calls.wait(run)
  }

  /** Reads what an earlier process left, the first time. */
  async function look(): Promise<Map<number, number>> {
    if (kept) return kept
    const found = new Map<number, number>()
    for await (const rows of collection.digests(owner)) {
      for (const { key, digest } of rows) found.set(idOf(key), digest)
    }
    kept = found
    return found
  }

  /** Removes what was not upserted again. */
  async function clean(): Promise<void> {
    const left = await look()
    if (left.size === 0) return
    await collection.remove(Array.from(left.keys(), keyOf))
    left.clear()
  }

  /** Until the server has confirmed a change, and for good where it does not: then the vector is removed unless it is upserted again. */
  function doubt(id: number, left: Map<number, number>): void {
    known.delete(id)
    left.set(id, UNSURE)
  }

  async function readAll(): Promise<Snapshot> {
    const ids = new Float64Array(known.size)
    const vectors = new Float32Array(known.size * dimension)
    let row = 0
    for await (const rows of collection.vectors(owner)) {
      for (const { key, embedding } of rows) {
        if (row === known.size) throw lost()
        ids[row] = idOf(key)
        vectors.set(embedding, row * dimension)
        row++
      }
    }
    if (row < known.size) throw lost()
    return { ids, vectors }
  }

  const contents = () =>
    change(async () => {
      await clean()
      return readAll()
    })

  const lost = () =>
    new DomainError(
      'INDEX_LOST',
      `The index of gallery ${JSON.stringify(gallery)} is not as it was left: it is filled again from the gallery.`,
      { gallery },
    )

  async function ask(queries: readonly Float32Array[], k: number): Promise<Hits[]> {
    if (k > MOST_RESULTS) return compareAll(queries, k)
    const found = await collection.search(owner, queries, k)
    // Fewer than asked for would mean that there are no others.
    if (found.some((hits) => hits.length < Math.min(k, known.size))) return compareAll(queries, k)
    return found.map((hits) => ({
      ids: Float64Array.from(hits, ({ key }) => idOf(key)),
      scores: Float32Array.from(hits, ({ score }) => score),
    }))
  }

  /** Slow, for what a server does not answer. */
  async function compareAll(queries: readonly Float32Array[], k: number): Promise<Hits[]> {
    // Not beside a change, during which the server has more or less than is known.
    const { ids, vectors } = await contents()
    return queries.map((query) => {
      const scores = Float32Array.from(ids, (_, row) => {
        const at = row * dimension
        let score = 0
        for (let i = 0; i < dimension; i++) score += (query[i] as number) * (vectors[at + i] as number)
        return score
      })
      const best = [...ids.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number)).slice(0, k)
      return {
        ids: Float64Array.from(best, (row) => ids[row] as number),
        scores: Float32Array.from(best, (row) => scores[row] as number),
      }
    })
  }

  return {
    dimension,
    get size() {
      return known.size
    },
    async upsert(ids, vectors) {
      checkVectors(vectors, dimension, ids.length)
      // The last of each id.
      const rows = new Map(
        Array.from(ids, (id, row) => [id, vectors.slice(row * dimension, (row + 1) * dimension)] as const),
      )
      await change(async () => {
        const left = await look()
        const sent: StoredVector[] = []
        for (const [id, embedding] of rows) {
          const digest = digestOf(embedding)
          if (left.get(id) !== digest) sent.push({ key: keyOf(id), owner, digest, embedding })
        }
        for (const { key } of sent) doubt(idOf(key), left)
        await collection.upsert(sent)
        for (const id of rows.keys()) {
          left.delete(id)
          known.add(id)
        }
      })
    },
    async remove(ids) {
      await change(async () => {
        await clean()
        const left = await look()
        const gone = [...new Set(Array.from(ids))].filter((id) => known.has(id))
        for (const id of gone) doubt(id, left)
        await clean()
      })
    },
    async search(queries, k, signal) {
      const count = checkVectors(queries, dimension)
      signal?.throwIfAborted()
      const each = Array.from({ length: count }, (_, i) => queries.slice(i * dimension, (i + 1) * dimension))
      const found = change(clean).then(() => {
        const wanted = Math.min(k, known.size)
        if (wanted > 0 && count > 0 && !signal?.aborted) return ask(each, wanted)
        return each.map(() => ({ ids: new Float64Array(0), scores: new Float32Array(0) }))
      })
      return calls.wait(found, signal)
    },
    snapshot: contents,
    close: () =>
      change(async () => {
        closed = true
      }),
    drop: () =>
      change(async () => {
        const left = await look()
        await collection.remove([...known, ...left.keys()].map(keyOf))
        known.clear()
        left.clear()
        closed = true
      }),
  }
}

function digestOf(embedding: Float32Array): number {
  const bytes = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength)
  return createHash('sha256').update(bytes).digest().readUIntBE(0, DIGEST_BYTES)
}
