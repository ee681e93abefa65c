import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DomainError } from '../config/domain-error.js'
import { decodeSegment, encodeSegment } from './file-name.js'
import { keySegments } from './object-key.js'
import type { ObjectInfo, ObjectStore, PutOptions } from './object-store.js'

/** Folder for files being written; its name cannot be that of an object. */
const DRAFTS = '.drafts'

/**
 * An object store in a folder: an object is a file under its key. A file is written beside the store, flushed, then renamed
 * into place, so a crash leaves the old object or the new one. As in MinIO, no key can be the prefix of another.
 * One process at a time may use conditional writes on the same folder.
 */
export async function createFolderObjectStore({ folder }: { readonly folder: string }): Promise<ObjectStore> {
  const drafts = join(folder, DRAFTS)
  // What a crash left half-written was never acknowledged.
  await rm(drafts, { recursive: true, force: true })
  await mkdir(drafts, { recursive: true })
  const writing = new Map<string, Promise<unknown>>()
  const pathOf = (key: string) => join(folder, ...keySegments(key).map(encodeSegment))

  const head = async (key: string): Promise<ObjectInfo | undefined> => {
    const found = await stat(pathOf(key), { bigint: true }).catch(ignoreMissing)
    return found?.isFile() ? { key, size: Number(found.size), etag: etagOf(found) } : undefined
  }

  const commit = async (key: string, draft: string, options: PutOptions): Promise<{ etag: string }> => {
    const path = pathOf(key)
    await mkdir(dirname(path), { recursive: true })
    if (options.ifMatch !== undefined && (await head(key))?.etag !== options.ifMatch) throw preconditionFailed(key)
    if (options.ifNoneMatch) {
      // A link fails where the name is taken, whoever took it.
      await link(draft, path).catch((error: unknown) => {
        throw codeOf(error) === 'EEXIST' ? preconditionFailed(key) : error
      })
      await unlink(draft)
    } else {
      await rename(draft, path)
    }
    await flushFolder(dirname(path))
    return { etag: etagOf(await stat(path, { bigint: true })) }
  }

  return {
    head,

    async get(key) {
      try {
        const file = await open(pathOf(key), 'r')
        try {
          return { body: await file.readFile(), etag: etagOf(await file.stat({ bigint: true })) }
        } finally {
          await file.close()
        }
      } catch (error) {
        throw isMissing(error) ? notFound(key) : error
      }
    },

    async openRead(key) {
      if (!(await head(key))) throw notFound(key)
      return createReadStream(pathOf(key))
    },

    async put(key, body, options = {}) {
      pathOf(key)
      const draft = join(drafts, randomUUID())
      try {
        await pipeline(
          body instanceof Readable ? body : Readable.from([body]),
          createWriteStream(draft, { flush: true }),
        )
        // One write to a key at a time: the check of a condition and the rename belong together.
        const before = writing.get(key) ?? Promise.resolve()
        const mine = before.catch(() => {}).then(() => commit(key, draft, options))
        writing.set(key, mine)
        try {
          return await mine
        } finally {
          if (writing.get(key) === mine) writing.delete(key)
        }
      } catch (error) {
        await rm(draft, { force: true })
        throw storageError(error, key)
      }
    },

    async delete(key) {
      await unlink(pathOf(key)).catch(ignoreMissing)
    },

    async *list(prefix) {
      for (const path of await walk(folder, '')) {
        if (!path.startsWith(prefix)) continue
        const info = await head(path)
        if (info) yield info
      }
    },
  }
}

/** Keys of all objects below a folder, in the order of their UTF-16 code units. */
async function walk(folder: string, prefix: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => ignoreMissing(error) ?? [])
  const below = await Promise.all(
    entries
      .filter((entry) => prefix !== '' || entry.name !== DRAFTS)
      .map(async (entry) => {
        const key = prefix + decodeSegment(entry.name)
        return entry.isDirectory() ? walk(join(folder, entry.name), `${key}/`) : [key]
      }),
  )
  return below.flat().sort((a, b) => (a < b ? -1 : 1))
}

/** Every write makes a new file, so these three never stay the same across a change. */
function etagOf({ ino, size, mtimeNs }: { ino: bigint; size: bigint; mtimeNs: bigint }): string {
  return `${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}`
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error) ?? '')
}

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
  return undefined
}

function notFound(key: string): DomainError {
  return new DomainError('OBJECT_NOT_FOUND', `There is no object ${key}.`, { key })
}

function preconditionFailed(key: string): DomainError {
  return new DomainError('PRECONDITION_FAILED', `The object ${key} was changed by somebody else: read it again.`, {
    key,
  })
}

function storageError(error: unknown, key: string): unknown {
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DomainError(
      'STORAGE_FULL',
      `The disk is full: ${key} was not written, what was there is kept.`,
      { key },
      error,
    )
  }
  if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'EISDIR') {
    return new DomainError(
      'OBJECT_KEY_CONFLICT',
      `${key} cannot be an object: it is the prefix of others, or one of its prefixes is an object.`,
      { key },
    )
  }
  return error
}
