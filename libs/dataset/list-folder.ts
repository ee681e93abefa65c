import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A file with a picture, and its size. */
export interface PictureFile {
  /** Relative to the dataset's folder, with `/`. */
  readonly path: string
  readonly subject: string | null
  readonly file: string
  /** Bytes. */
  readonly size: number
}

const PICTURE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i

/** @returns whether a file of this name is taken for a picture */
export const isPictureName = (name: string): boolean => PICTURE.test(name) && !name.startsWith('.')

/**
 * Lists the pictures of a folder: with subject folders in it, theirs, labelled; without, its own, unlabelled. Hidden files, files of
 * other kinds and deeper folders are passed over.
 * @returns by path, in the order of its UTF-16 units (the same on every machine)
 */
export async function listFolder(folder: string): Promise<PictureFile[]> {
  const entries = await visibleEntries(folder)
  const subjects = await namesOf(folder, entries, 'isDirectory')
  if (subjects.length === 0) return listFlat(folder, '', null)
  const lists: PictureFile[][] = []
  // One after the other: thousands of folders at once would run out of file handles.
  for (const subject of subjects) lists.push(await listFlat(join(folder, subject), `${subject}/`, subject))
  return lists.flat()
}

async function listFlat(folder: string, prefix: string, subject: string | null): Promise<PictureFile[]> {
  const names = await namesOf(
    folder,
    (await visibleEntries(folder)).filter(({ name }) => isPictureName(name)),
    'isFile',
  )
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name)
      return { path: prefix + name, subject, file, size: (await stat(file)).size }
    }),
  )
}

async function visibleEntries(folder: string): Promise<Dirent[]> {
  return (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'))
}

/** Names of one kind, sorted; links count as what they point to, for data sets are often put together of links. */
async function namesOf(folder: string, entries: Dirent[], kind: 'isFile' | 'isDirectory'): Promise<string[]> {
  const names: string[] = []
  for (const entry of entries) {
    const what = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => undefined) : entry
    if (what?.[kind]()) names.push(entry.name)
  }
  return names.sort()
}
