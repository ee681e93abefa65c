import { ConsistencyLevelEnum, DataType } from '@zilliz/milvus2-sdk-node'
import { DomainError } from '../config/domain-error.js'
import type { MilvusLink } from './milvus-link.js'

/** A vector as the server has it. */
export interface StoredVector {
  /** Unique in the collection. Of letters and digits, as `owner`: filters need no escaping then, which servers do differently. */
  readonly key: string
  /** Whose it is: the partition key. */
  readonly owner: string
  /** Tells whether the vector is the one expected without reading it; an integer up to 2^53 - 1. */
  readonly digest: number
  readonly embedding: Float32Array
}

/** Vectors of one dimension on a server. Reads see every write that has resolved. Methods throw as MilvusLink.ask does. */
export interface MilvusCollection {
  /** @param rows different keys */
  upsert(rows: readonly StoredVector[]): Promise<void>
  remove(keys: readonly string[]): Promise<void>
  /** Keys and digests of an owner's vectors, in blocks; nothing where there is no collection. */
  digests(owner: string): AsyncGenerator<readonly Pick<StoredVector, 'key' | 'digest'>[]>
  /** An owner's vectors, in blocks. */
  vectors(owner: string): AsyncGenerator<readonly Pick<StoredVector, 'key' | 'embedding'>[]>
  /**
   * @param queries each [dimension]
   * @param k at most MOST_RESULTS
   * @returns for each query about the `k` best, best first; `score` is the inner product
   */
  search(
    owner: string,
    queries: readonly Float32Array[],
    k: number,
  ): Promise<readonly (readonly { readonly key: string; readonly score: number }[])[]>
}

/** Milvus gives no more for one query. */
export const MOST_RESULTS = 16_384

const KEY_LENGTH = 64
const PARTITIONS = 64
// Far below the 64 MiB that a server takes, so that a slow one answers in time.
const BYTES_AT_ONCE = 4 * 2 ** 20
const KEYS_AT_ONCE = 2_000
const ROWS_A_PAGE = 4_096
const SCORES_AT_ONCE = 2 ** 17
// Links a vector, and how many are looked at for a place to add one and, at least, for an answer: as for our own graph.
const INDEX = { index_type: 'HNSW', metric_type: 'IP', params: { M: 16, efConstruction: 200 } }
const LOOKED_AT = 256
// What pymilvus asks a page by, so that pages are in the order of the keys.
const IN_ORDER = { iterator: 'True', reduce_stop_for_best: 'True' }

/** Uses a collection, which is made at the first write. */
export function createMilvusCollection(link: MilvusLink, name: string, dimension: number): MilvusCollection {
  const collection = { collection_name: name }
  const strong = { ...collection, consistency_level: ConsistencyLevelEnum.Strong }
  let ready: Promise<void> | undefined

  async function exists(): Promise<boolean> {
    const { data } = await link.ask((client) => client.showCollections())
    return data.some((each) => each.name === name)
  }

  /** Whoever else makes it at the same time makes the same: who comes second is refused, and finds it. */
  async function make(): Promise<void> {
    const fields = [
      { name: 'key', data_type: DataType.VarChar, is_primary_key: true, max_length: KEY_LENGTH },
      { name: 'owner', data_type: DataType.VarChar, is_partition_key: true, max_length: KEY_LENGTH },
      { name: 'digest', data_type: DataType.Int64 },
      { name: 'embedding', data_type: DataType.FloatVector, dim: dimension },
    ]
    const asked = { ...collection, fields, num_partitions: PARTITIONS, consistency_level: 'Strong' as const }
    await link
      .ask((client) => client.createCollection(asked))
      .catch(async (error: unknown) => {
        if (!(await exists())) throw error
      })
  }

  async function open(): Promise<void> {
    if (!(await exists())) await make()
    const indexed = await link
      .ask((client) => client.describeIndex({ ...collection, field_name: 'embedding' }))
      .catch(() => undefined)
    if (!indexed?.index_descriptions.length) {
      await link.ask((client) => client.createIndex({ ...collection, field_name: 'embedding', ...INDEX }))
    }
    await link.ask((client) => client.loadCollectionSync(collection))
  }

  /** Makes sure that it is there and loaded, and does so again where the server has been restarted. */
  async function withCollection<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      ready ??= open()
      try {
        await ready
        return await work()
      } catch (error) {
        ready = undefined
        if (attempt > 0 || !(error instanceof DomainError && error.reason === 'INDEX_NOT_LOADED')) throw error
      }
    }
  }

  /** An owner's rows by pages, in the order of their keys. */
  async function* pages<T extends { key: string }>(owner: string, rowsAPage: number, outputs: readonly string[]) {
    for (let after = ''; ; ) {
      const filter = `owner == "${owner}"${after && ` and key > "${after}"`}`
      const asked = { ...strong, filter, output_fields: [...outputs], limit: rowsAPage, params: IN_ORDER }
      const { data } = await withCollection(() => link.ask((client) => client.query(asked)))
      const rows = data as unknown as T[]
      if (rows.length > 0) yield rows
      if (rows.length < rowsAPage) return
      after = rows.at(-1)?.key ?? ''
    }
  }

  return {
    async upsert(rows) {
      const step = Math.max(1, Math.floor(BYTES_AT_ONCE / (4 * dimension)))
      for (let from = 0; from < rows.length; from += step) {
        const data = rows.slice(from, from + step).map((row) => ({ ...row, embedding: Array.from(row.embedding) }))
        await withCollection(() => link.ask((client) => client.upsert({ ...collection, data })))
      }
    },
    async remove(keys) {
      for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
        const filter = `key in [${keys.slice(from, from + KEYS_AT_ONCE).map((key) => `"${key}"`)}]`
        await withCollection(() => link.ask((client) => client.delete({ ...collection, filter })))
      }
    },
    async *digests(owner) {
      if (!(await exists())) return
      for await (const rows of pages<{ key: string; digest: string }>(owner, ROWS_A_PAGE, ['key', 'digest'])) {
        // Int64 comes as text.
        yield rows.map(({ key, digest }) => ({ key, digest: Number(digest) }))
      }
    },
    async *vectors(owner) {
      if (!(await exists())) return
      const rowsAPage = Math.max(1, Math.min(ROWS_A_PAGE, Math.floor(BYTES_AT_ONCE / (4 * dimension))))
      for await (const rows of pages<{ key: string; embedding: number[] }>(owner, rowsAPage, ['key', 'embedding'])) {
        yield rows.map(({ key, embedding }) => ({ key, embedding: Float32Array.from(embedding) }))
      }
    },
    async search(owner, queries, k) {
      const step = Math.max(1, Math.floor(SCORES_AT_ONCE / k))
      const found: { key: string; score: number }[][] = []
      for (let from = 0; from < queries.length; from += step) {
        const data = queries.slice(from, from + step).map((query) => Array.from(query))
        const asked = {
          ...strong,
          data,
          anns_field: 'embedding',
          filter: `owner == "${owner}"`,
          limit: k,
          metric_type: 'IP',
          params: { ef: Math.max(LOOKED_AT, k) },
          output_fields: ['key'],
        }
        const { results } = await withCollection(() => link.ask((client) => client.search(asked)))
        // One query's come without a list around them.
        found.push(...((data.length === 1 ? [results] : results) as unknown as { key: string; score: number }[][]))
      }
      return found
    },
  }
}
