import { DomainError } from '../config/domain-error.js'
import { once } from '../config/once.js'
import { checkKey, checkPrefix, isKey } from './object-key.js'
import type { ObjectStore } from './object-store.js'
import { createS3Connection, type S3Bucket } from './s3-connection.js'
import { listBucket } from './s3-list.js'
import { openObject } from './s3-read.js'
import { unquoted, writeObject } from './s3-write.js'

/** A week: S3 signs no link for longer. */
const MOST_SECONDS = 604_800

/** Where a store's objects are, and how it bears failures. */
export interface S3StoreOptions extends S3Bucket {
  /** What all names in the bucket begin with, e.g. `crossres/`; default nothing. */
  readonly prefix?: string
  /** Milliseconds for which a call is tried again where the server does not answer; default 5,000. */
  readonly patienceMs?: number
  /** Silence in milliseconds after which a connection is given up; default 30,000. */
  readonly idleMs?: number
  /** Bodies longer than this are sent in parts of this size; 5 MiB or more, default 16 MiB (so 160 GB at most). */
  readonly partBytes?: number
  /** Objects in one answer of a listing; default and maximum 1,000. */
  readonly pageSize?: number
}

/**
 * Keeps objects in a bucket of MinIO or another S3 server; any number of processes may share it. It connects at the first call.
 * Every call is tried again for `patienceMs` where the server does not answer; a conditional write that was repeated happened once.
 * Etags are those of S3: equal content may have an equal etag.
 * @throws DomainError from every call: STORAGE_UNAVAILABLE, STORAGE_DENIED, STORAGE_BUCKET_MISSING
 */
export function createS3ObjectStore(options: S3StoreOptions): ObjectStore {
  const {
    bucket,
    prefix = '',
    patienceMs = 5_000,
    idleMs = 30_000,
    partBytes = 16 * 2 ** 20,
    pageSize = 1_000,
  } = options
  const connection = createS3Connection(options, { patienceMs, idleMs })

  const nameOf = (key: string): string => {
    checkKey(key)
    return prefix + key
  }

  // HEAD has no body that could tell a missing bucket from a missing object.
  const bucketFound = once(() => connection.send({ method: 'GET', query: { 'list-type': '2', 'max-keys': '1' } }))

  return {
    // With a prefix, an uri of the bucket names something else than a key.
    ...(prefix === '' ? { bucket } : {}),

    async get(key) {
      const { headers, body } = await connection.send({ method: 'GET', key: nameOf(key) })
      return { body, etag: unquoted(headers.etag ?? '') }
    },

    openRead: async (key) => openObject(connection, nameOf(key)),

    async head(key) {
      try {
        const { headers } = await connection.send({ method: 'HEAD', key: nameOf(key) })
        return { key, size: Number(headers['content-length']), etag: unquoted(headers.etag ?? '') }
      } catch (error) {
        if (!(error instanceof DomainError) || error.reason !== 'OBJECT_NOT_FOUND') throw error
        await bucketFound.get()
        return undefined
      }
    },

    put: async (key, body, condition = {}) => ({
      etag: await writeObject(connection, nameOf(key), body, { ...condition, partBytes }),
    }),

    async delete(key) {
      await connection.send({ method: 'DELETE', key: nameOf(key) })
    },

    async *list(beginning) {
      checkPrefix(beginning)
      for await (const info of listBucket(connection, prefix + beginning, pageSize)) {
        const key = info.key.slice(prefix.length)
        // Others may have put names there that are no keys, "folder/" say.
        if (isKey(key)) yield { ...info, key }
      }
    },

    async presignedGet(key, seconds) {
      if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= MOST_SECONDS)) {
        throw new RangeError(`A link lasts 1 to ${MOST_SECONDS} seconds, not ${seconds}.`)
      }
      return connection.presign(nameOf(key), seconds)
    },
  }
}
