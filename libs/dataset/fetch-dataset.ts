import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DomainError } from '../config/domain-error.js'
import type { ObjectInfo, ObjectStore } from '../objects/object-store.js'

/**
 * Copies a dataset (pictures or tar shards) out of the object store, since draws come in random order and a store is read from the
 * front. What was copied before is kept; the folder is named after the content, so a changed dataset gets a new one.
 *
 * @param prefix of the objects' keys, such as `datasets/faces/`
 * @param cacheFolder where copies are kept
 * @returns the folder for openDataset
 * @throws DomainError DATASET_NOT_FOUND where no key begins with the prefix, OBJECT_NOT_FOUND where one goes away meanwhile
 */
export async function fetchDataset(store: ObjectStore, prefix: string, cacheFolder: string): Promise<string> {
  const root = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  const objects: ObjectInfo[] = []
  for await (const object of store.list(root)) objects.push(object)
  if (objects.length === 0) {
    throw new DomainError(
      'DATASET_NOT_FOUND',
      `No object's key begins with ${JSON.stringify(root)}: give the prefix that the dataset was written to.`,
      { prefix: root },
    )
  }
  const folder = join(cacheFolder, contentName(objects))
  for (const { key } of objects) await copy(store, key, join(folder, key.slice(root.length)))
  return folder
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
