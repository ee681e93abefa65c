import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DomainError } from '../config/domain-error.js'
import type { ObjectInfo, ObjectStore } from '../objects/object-store.js'
import { readDatasetRecord } from './dataset-record.js'

/**
 * Copies a dataset (pictures or tar shards) out of the object store, since draws come in random order and a store is read from the
 * front. What was copied before is kept; the folder is named after the content, so a changed dataset gets a new one. Of shards only
 * the shards are copied, not what their writer keeps beside them.
 *
 * @param prefix of the objects' keys, such as `datasets/faces/`
 * @param cacheFolder where copies are kept
 * @returns the folder for openDataset
 * @throws DomainError DATASET_NOT_FOUND where no key begins with the prefix, DATASET_INCOMPLETE where its writing has not ended,
 * OBJECT_NOT_FOUND where an object goes away meanwhile
 */
export async function fetchDataset(store: ObjectStore, prefix: string, cacheFolder: string): Promise<string> {
  const root = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  const found: ObjectInfo[] = []
  for await (const object of store.list(root)) found.push(object)
  if (found.length === 0) {
    throw new DomainError(
      'DATASET_NOT_FOUND',
      `No object's key begins with ${JSON.stringify(root)}: give the prefix that the dataset was written to.`,
      { prefix: root },
    )
  }
  await requireWhole(store, root)
  const shards = found.filter(({ key }) => key.endsWith('.tar'))
  const objects = shards.length > 0 ? shards : found
  const folder = join(cacheFolder, contentName(objects))
  for (const { key } of objects) await copy(store, key, join(folder, key.slice(root.length)))
  return folder
}

async function requireWhole(store: ObjectStore, root: string): Promise<void> {
  const record = root === '' ? undefined : await readDatasetRecord(store, root.slice(0, -1))
  if (record === undefined || record.state === 'succeeded') return
  const { seen, total } = record
  throw new DomainError(
    'DATASET_INCOMPLETE',
    `${root} holds ${seen} of ${total} pictures: prepare it again with the same settings, which goes on where it ended.`,
    { prefix: root, state: record.state },
  )
}

function contentName(objects: readonly ObjectInfo[]): string {
  const hash = createHash('sha256')
  for (const { key, size, etag } of objects) hash.update(`${JSON.stringify([key, size, etag])}\n`)
  return hash.digest('hex').slice(0, 16)
}

/** A file under its own name is whole: it gets that name last. */
async function copy(store: ObjectStore, key: string, file: string): Promise<void> {
  if (existsSync(file)) return
  await mkdir(dirname(file), { recursive: true })
  const part = join(dirname(file), `.${randomUUID()}.part`)
  try {
    await pipeline(await store.openRead(key), createWriteStream(part))
    await rename(part, file)
  } finally {
    await rm(part, { force: true })
  }
}
