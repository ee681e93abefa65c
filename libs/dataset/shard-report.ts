import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ObjectStore } from '../objects/object-store.js'

/** What is kept beside a shard: that it is whole, and what became of its pictures. */
const ReportSchema = z.object({
  skipped: z.array(z.object({ path: z.string(), reason: z.string(), message: z.string() })),
  /** SHA-256 in hex of each face: its picture, its subject and where it is. */
  digests: z.array(z.string()),
})

/** See ReportSchema. */
export type ShardReport = z.infer<typeof ReportSchema>

/** @returns the number's name, without an ending */
export const shardName = (prefix: string, shard: number) => `${prefix}/shard-${String(shard).padStart(6, '0')}`

/** @param name see shardName. @returns undefined where the shard is not whole */
export async function readShardReport(store: ObjectStore, name: string): Promise<ShardReport | undefined> {
  const key = `${name}.json`
  if ((await store.head(key)) === undefined) return undefined
  return ReportSchema.parse(JSON.parse(Buffer.from((await store.get(key)).body).toString('utf8')))
}

/** Writes the report of a shard that is whole. */
export async function writeShardReport(store: ObjectStore, name: string, report: ShardReport): Promise<void> {
  await store.put(`${name}.json`, Buffer.from(JSON.stringify(report)))
}

/**
 * Names the content of a prefix's first shards, whatever order its faces have.
 * @returns SHA-256 in hex over the sorted digests of the faces, and how many there are
 */
export async function shardsFingerprint(
  store: ObjectStore,
  prefix: string,
  shards: number,
): Promise<{ fingerprint: string; faces: number }> {
  const digests: string[] = []
  for (let shard = 0; shard < shards; shard++) {
    for (const digest of (await readShardReport(store, shardName(prefix, shard)))?.digests ?? []) digests.push(digest)
  }
  const hash = createHash('sha256')
  for (const digest of digests.sort()) hash.update(digest)
  return { fingerprint: hash.digest('hex'), faces: digests.length }
}
