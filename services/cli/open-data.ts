import { join, resolve } from 'node:path'
import type { Environment } from '../../libs/config/environment.js'
import { locateDataset } from '../../libs/dataset/locate-dataset.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { openObjectStore } from '../../libs/objects/open-object-store.js'
import { ensureModels } from './ensure-models.js'

/** What a command that measures models works with. */
interface DataWanted {
  /** The command's name. */
  readonly command: string
  /** Models that are going to be used, resolved names. */
  readonly models: readonly string[]
  /** Faces: a folder, or object:prefix in the store. */
  readonly data: string
}

/**
 * Opens the store as a guest, beside whatever server uses it, with the models that come with the package in it.
 * @returns it, and the folder that the faces are in
 * @throws DomainError those of openObjectStore and locateDataset
 */
export async function openData(
  environment: Environment,
  cacheFolder: string,
  { command, models, data }: DataWanted,
): Promise<{ readonly objects: ObjectStore; readonly folder: string }> {
  const objects = await openObjectStore(environment.objects, `${command}-${process.pid}`)
  await ensureModels(objects, cacheFolder, models)
  const located = await locateDataset({ objects, cacheFolder: join(cacheFolder, 'datasets') }, data)
  return { objects, folder: resolve(located) }
}
