import { z } from 'zod'
import { DomainError } from '../config/domain-error.js'
import type { ObjectStore } from '../objects/object-store.js'

/** What a prepared dataset says of itself, in `datasets/{id}/dataset.json`. */
const RecordSchema = z.object({
  schema: z.literal(1),
  /** `running` also where the process ended before it could say more. */
  state: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  /** Pictures of the source, those left out included. */
  total: z.int().min(0),
  /** Pictures dealt with. */
  seen: z.int().min(0),
  /** Pictures left out. */
  left: z.int().min(0),
  /** The first of them. */
  skipped: z.array(z.object({ path: z.string(), reason: z.string(), message: z.string() })),
  /** 0 where nobody has named the faces. */
  subjects: z.int().min(0),
  shards: z.int().min(0),
  /** SHA-256 in hex over the sorted digests of its faces; empty until it has ended well. */
  fingerprint: z.string(),
  /** ISO 8601. */
  createTime: z.iso.datetime(),
  endTime: z.iso.datetime().optional(),
  /** Why it failed. */
  error: z.object({ reason: z.string(), message: z.string() }).optional(),
})

/** See RecordSchema. */
export type DatasetRecord = z.infer<typeof RecordSchema>

const DATASET_ID = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const FILE = 'dataset.json'

/**
 * @returns the beginning of the dataset's keys, without a slash at its end
 * @throws DomainError NAME_INVALID
 */
export function datasetPrefix(id: string): string {
  if (DATASET_ID.test(id)) return `datasets/${id}`
  throw new DomainError(
    'NAME_INVALID',
    `${JSON.stringify(id.slice(0, 100))} is no name of a dataset: use up to 63 lower-case letters, digits and hyphens.`,
  )
}

/** @returns undefined where the dataset was not prepared by this system, or is not there */
export async function readDatasetRecord(store: ObjectStore, prefix: string): Promise<DatasetRecord | undefined> {
  const key = `${prefix}/${FILE}`
  if ((await store.head(key)) === undefined) return undefined
  return parse((await store.get(key)).body)
}

/** Writes what the dataset says of itself. */
export async function writeDatasetRecord(store: ObjectStore, prefix: string, record: DatasetRecord): Promise<void> {
  await store.put(`${prefix}/${FILE}`, Buffer.from(`${JSON.stringify(record, null, 2)}\n`))
}

/** The prepared datasets of a store, by id. */
export async function listDatasetRecords(store: ObjectStore): Promise<{ id: string; record: DatasetRecord }[]> {
  const found: { id: string; record: DatasetRecord }[] = []
  for await (const { key } of store.list('datasets/')) {
    const [, id] = /^datasets\/([^/]+)\/dataset\.json$/.exec(key) ?? []
    const record = id === undefined ? undefined : await readDatasetRecord(store, `datasets/${id}`)
    if (id !== undefined && record) found.push({ id, record })
  }
  // Keys come in another order: "a-b/" is before "a/".
  return found.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Somebody else's dataset.json is no record of ours. */
function parse(body: Uint8Array): DatasetRecord | undefined {
  try {
    return RecordSchema.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data
  } catch {
    return undefined
  }
}
