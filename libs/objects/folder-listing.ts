import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeName, folderOfPrefix } from './key-path.js'
import { compareKeys } from './object-key.js'
import { isAbsent } from './storage-error.js'

/** An object found in a folder. */
export interface ListedFile {
  readonly key: string
  readonly file: string
}

/** A key, or with a slash at its end the beginning of keys. */
interface Entry {
  readonly key: string
  readonly path: string
}

/** Finds the objects whose keys begin with `prefix`, by key; holds one folder of each depth in memory. */
export function listFolder(folder: string, prefix: string): AsyncIterable<ListedFile> {
  const above = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  return walk({ key: above, path: join(folder, ...folderOfPrefix(prefix)) }, prefix)
}

async function* walk(folder: Entry, prefix: string): AsyncGenerator<ListedFile> {
  const entries = await readFolder(folder, '')
  entries.sort((a, b) => compareKeys(a.key, b.key))
  for (const entry of entries) {
    if (!entry.key.startsWith(prefix) && !prefix.startsWith(entry.key)) continue
    if (entry.key.endsWith('/')) yield* walk(entry, prefix)
    else if (entry.key.startsWith(prefix)) yield { key: entry.key, file: entry.path }
  }
}

/** @param before the encoded beginning of the names in this folder, where it continues long ones */
async function readFolder({ key, path }: Entry, before: string): Promise<Entry[]> {
  const entries: Entry[] = []
  const found = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (isAbsent(error)) return []
    throw error
  })
  for (const entry of found) {
    const decoded = decodeName(entry.name, entry.isDirectory(), before)
    if (!decoded) continue
    const inner = join(path, entry.name)
    if (decoded.kind === 'beginning') entries.push(...(await readFolder({ key, path: inner }, decoded.encoded)))
    else entries.push({ key: key + decoded.name + (decoded.kind === 'prefix' ? '/' : ''), path: inner })
  }
  return entries
}
