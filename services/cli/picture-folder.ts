import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UsageError } from './failure.js'

/** A picture and the subject on it. */
export interface SubjectPicture {
  readonly subject: string
  readonly file: string
}

const PICTURE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i

/**
 * Lists the pictures to enrol: a file (with `subject`), a flat folder (with `subject`), or a folder of subject folders, each named as
 * its subject. Hidden files and files of other kinds are passed over.
 * @returns pictures by subject, then by name
 * @throws UsageError where a path does not say who is on its pictures, or there are none
 */
export async function listPictures(paths: readonly string[], subject?: string): Promise<SubjectPicture[]> {
  const listed = (await Promise.all(paths.map((path) => listPath(path, subject)))).flat()
  if (listed.length === 0) throw new UsageError('There are no pictures to enrol in these folders.')
  return listed
}

/** Lists a folder of subject folders, see {@link listPictures}. */
export async function listSubjects(folder: string): Promise<SubjectPicture[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name)
  if (names.length === 0) {
    throw new UsageError(
      `${folder} has no subject folders: say with --subject who is on its pictures, or give each person a folder.`,
    )
  }
  const lists = await Promise.all(names.sort().map((name) => listFlat(join(folder, name), name)))
  return lists.flat()
}

async function listPath(path: string, subject: string | undefined): Promise<SubjectPicture[]> {
  const isFolder = (await stat(path)).isDirectory()
  if (isFolder) return subject === undefined ? listSubjects(path) : listFlat(path, subject)
  if (subject === undefined) {
    throw new UsageError(`${basename(path)} is a file: say with --subject who is on it.`)
  }
  return [{ subject, file: path }]
}

async function listFlat(folder: string, subject: string): Promise<SubjectPicture[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && PICTURE.test(entry.name))
    .map((entry) => entry.name)
    .sort()
    .map((name) => ({ subject, file: join(folder, name) }))
}
