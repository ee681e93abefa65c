import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ObjectStore } from '../objects/object-store.js'
import { resolveUri } from '../objects/resolve-uri.js'
import { fetchDataset } from './fetch-dataset.js'

/** Where datasets are looked for. */
export interface LocateDeps {
  readonly objects: ObjectStore
  /** Where copies out of the object store are kept. */
  readonly cacheFolder: string
}

/**
 * Brings a dataset to where openDataset can read it.
 * @param uri `datasets/{dataset}`, an `object:` or `s3:` prefix, with or without a slash at its end; all else is a path
 * @returns a folder
 * @throws DomainError DATASET_NOT_FOUND, DATASET_INCOMPLETE, URI_UNSUPPORTED, OBJECT_KEY_INVALID
 */
export async function locateDataset({ objects, cacheFolder }: LocateDeps, uri: string): Promise<string> {
  const bare = uri.replace(/\/+$/, '')
  if (/^datasets\/[^/]+$/.test(bare)) return fetchDataset(objects, bare, cacheFolder)
  return isObjectUri(uri) ? fetchDataset(objects, resolveUri(bare, objects), cacheFolder) : uri
}

/**
 * Brings a landmarks file to where openDataset can read it.
 * @param uri `object:key`, or a path
 * @returns a path
 * @throws DomainError OBJECT_NOT_FOUND, URI_UNSUPPORTED, OBJECT_KEY_INVALID
 */
export async function locateLandmarks({ objects, cacheFolder }: LocateDeps, uri: string): Promise<string> {
  if (!isObjectUri(uri)) return uri
  const { body } = await objects.get(resolveUri(uri, objects))
  const file = join(cacheFolder, `landmarks-${createHash('sha256').update(body).digest('hex').slice(0, 16)}.csv`)
  await mkdir(cacheFolder, { recursive: true })
  await writeFile(file, body)
  return file
}

const isObjectUri = (uri: string): boolean => /^(object|s3):/i.test(uri)
