import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { createKeyedLock } from '../config/keyed-lock.js'
import { listFolder } from './folder-listing.js'
import { pathOfKey } from './key-path.js'
import { checkKey, checkPrefix } from './object-key.js'
import { objectNotFound, preconditionFailed } from './object-problem.js'
import type { ObjectStore, PutOptions } from './object-store.js'
import { codeOf, isAbsent, storageError } from './storage-error.js'

/** Where drafts lie; no key has this name. */
const DRAFTS = '+drafts'

/**
 * Keeps objects as files below a folder; key-path.ts says under which names. A write goes to a draft in the same file
 * system, is synced, then renamed into place, and the folder is synced: a crash leaves the old object or the new one.
 * Conditions hold between calls on one store: the folder must belong to one process (libs/config/exclusive-folder.ts), which may
 * have guests (open-object-store.ts).
 * @param options.folder made when missing; drafts that a crash left there are removed, those of guests too
 * @param options.guest name of a guest, [a-z0-9-]: only its own drafts are removed
 * @throws DomainError STORAGE_FULL
 */
export async function createFolderObjectStore(options: {
  readonly folder: string
  readonly guest?: string
}): Promise<ObjectStore> {
  const { folder, guest } = options
  const drafts = join(folder, DRAFTS, ...(guest === undefined ? [] : [guest]))
  await rm(drafts, { recursive: true, force: true })
  await mkdir(drafts, { recursive: true }).catch(storageError)
  const lock = createKeyedLock()
  const nextTime = risingMilliseconds()

  const fileOf = (key: string): string => {
    checkKey(key)
    return join(folder, ...pathOfKey(key))
  }

  const openFile = async (key: string): Promise<FileHandle> => {
    try {
      return await open(fileOf(key), 'r')
    } catch (cause) {
      if (!isAbsent(cause)) throw cause
      throw objectNotFound(key)
    }
  }

  const headFile = async (file: string) => {
    try {
      const info = await stat(file, { bigint: true })
      return { size: Number(info.size), etag: etagOf(info) }
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  const writeDraft = async (draft: string, body: Uint8Array | Readable): Promise<string> => {
    const handle = await open(draft, 'wx')
    try {
      await writeFile(handle, body)
      const time = nextTime() / 1000
      await handle.utimes(time, time)
      await handle.sync()
      return etagOf(await handle.stat({ bigint: true }))
    } finally {
      await handle.close()
    }
  }

  return {
    async get(key) {
      const handle = await openFile(key)
      try {
        const etag = etagOf(await handle.stat({ bigint: true }))
        return { body: await handle.readFile(), etag }
      } finally {
        await handle.close()
      }
    },

    async openRead(key) {
      return (await openFile(key)).createReadStream()
    },

    async head(key) {
      const found = await headFile(fileOf(key))
      return found && { key, ...found }
    },

    async put(key, body, condition = {}) {
      const file = fileOf(key)
      const draft = join(drafts, randomUUID())
      try {
        const etag = await writeDraft(draft, body)
        await lock.run(key, async () => {
          requireCondition(key, condition, (await headFile(file))?.etag)
          await moveInto(draft, file)
        })
        return { etag }
      } catch (error) {
        await rm(draft, { force: true })
        return storageError(error)
      }
    },

    async delete(key) {
      const file = fileOf(key)
      await lock.run(key, async () => {
        try {
          await unlink(file)
        } catch (error) {
          if (isAbsent(error)) return
          throw error
        }
        await removeEmpty(dirname(file), folder)
      })
    },

    async *list(prefix) {
      checkPrefix(prefix)
      for await (const { key, file } of listFolder(folder, prefix)) {
        const found = await headFile(file)
        if (found) yield { key, ...found }
      }
    },
  }
}

function requireCondition(key: string, { ifMatch, ifNoneMatch }: PutOptions, etag: string | undefined): void {
  const holds = (ifMatch === undefined || ifMatch === etag) && (ifNoneMatch === undefined || etag === undefined)
  if (!holds) throw preconditionFailed(key, { etag })
}

/** Every write has a new file and a new time, so none of its content needs to be read to tell two writes apart. */
function etagOf(info: { readonly ino: bigint; readonly mtimeNs: bigint; readonly size: bigint }): string {
  return [info.ino, info.mtimeNs, info.size].map((part) => part.toString(36)).join('-')
}

/** The clock in milliseconds, but never the same twice: two writes within its step must differ. */
function risingMilliseconds(): () => number {
  let last = 0
  return () => {
    last = Math.max(Date.now(), last + 1)
    return last
  }
}

async function moveInto(draft: string, file: string): Promise<void> {
  const folder = dirname(file)
  for (let attempt = 1; ; attempt++) {
    const made = await mkdir(folder, { recursive: true })
    try {
      await rename(draft, file)
    } catch (error) {
      // A deletion beside us may have removed the folder while it was empty.
      if (isAbsent(error) && attempt < 10) continue
      throw error
    }
    return syncFolders(folder, made ? dirname(made) : folder)
  }
}

/** Makes the entries of `folder` and of the folders above it, up to `top`, survive a power cut. */
async function syncFolders(folder: string, top: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  // Windows cannot sync folders, and needs not; elsewhere a deletion may have been faster.
  await handle?.sync().catch(() => {})
  await handle?.close()
  if (folder !== top) await syncFolders(dirname(folder), top)
}

/** Removes folders that hold nothing any more: their names, a subject's say, must not outlive their objects. */
async function removeEmpty(folder: string, top: string): Promise<void> {
  if (folder === top) return syncFolders(folder, top)
  try {
    await rmdir(folder)
  } catch (error) {
    if (isAbsent(error)) return removeEmpty(dirname(folder), top)
    if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error))) return syncFolders(folder, folder)
    throw error
  }
  return removeEmpty(dirname(folder), top)
}
