import { readdir, stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { resolveUri } from '../../../libs/objects/resolve-uri.js'

/** Where faces to train on, or the table of their landmarks, can be. */
export interface TrainingData {
  /**
   * @param uri `datasets/{dataset}`, `object:prefix`, `s3://bucket/prefix` of the service's own bucket, or an absolute path
   * @returns `object:prefix` or the path
   * @throws DomainError FIELD_MISSING, FIELD_INVALID for a relative path, URI_UNSUPPORTED, OBJECT_KEY_INVALID, DATASET_NOT_FOUND where
   *   nothing is there now; what is in it, the run finds out
   */
  findFaces(uri: string): Promise<string>
  /**
   * @param path an absolute path; empty: none
   * @returns the same
   * @throws DomainError FIELD_INVALID, DATASET_NOT_FOUND
   */
  findLandmarks(path: string): Promise<string>
}

/** A scheme has two letters at least: one is a drive of Windows. */
const isUri = (uri: string) => /^[a-z][a-z0-9+.-]+:/i.test(uri)

/** @param objects what `object:` and `s3:` uris point into */
export function createTrainingData({ objects }: { readonly objects: ObjectStore }): TrainingData {
  const isEmpty = async (prefix: string) => {
    for await (const _ of objects.list(`${prefix}/`)) return false
    return true
  }

  return {
    async findFaces(uri) {
      if (uri === '') throw new DomainError('FIELD_MISSING', '`config.data_uri` is not set: say where the faces are.')
      const dataset = /^datasets\/[^/]+\/?$/.test(uri)
      if (dataset || isUri(uri)) {
        const prefix = resolveUri((dataset ? `object:${uri}` : uri).replace(/\/+$/, ''), objects)
        if (await isEmpty(prefix)) {
          throw dataNotFound(uri, `no object's key begins with ${prefix}/: give the prefix that it was written to`)
        }
        return `object:${prefix}`
      }
      requireAbsolute('data_uri', uri)
      const names = await readdir(uri).catch((cause: unknown) => {
        throw dataNotFound(uri, 'it is no folder that the trainer can read', cause)
      })
      if (names.length === 0) throw dataNotFound(uri, 'the folder is empty')
      return uri
    },

    async findLandmarks(path) {
      if (path === '') return path
      requireAbsolute('landmarks_uri', path)
      const found = await stat(path).catch(() => undefined)
      if (!found?.isFile()) throw dataNotFound(path, 'it is no file of landmarks that the trainer can read')
      return path
    },
  }
}

function requireAbsolute(field: string, path: string): void {
  if (isAbsolute(path)) return
  throw new DomainError(
    'FIELD_INVALID',
    `\`config.${field}\` is ${JSON.stringify(path)}, and the trainer runs in a folder of its own: give an absolute path.`,
  )
}

function dataNotFound(uri: string, why: string, cause?: unknown): DomainError {
  return new DomainError('DATASET_NOT_FOUND', `${uri} cannot be trained on: ${why}.`, { data_uri: uri }, cause)
}
