import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isPictureName } from '../../libs/dataset/list-folder.js'

/**
 * Puts data sets together into one folder of subject folders, by links, with one landmarks.csv.
 * @param sources folders of subject folders with a landmarks.csv each
 * @param most subjects of each at most, the first by name
 */
export async function linkFaces(folder: string, sources: readonly string[], most: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  const lines: string[] = []
  for (const [source, from] of sources.entries()) {
    const entries = await readdir(from, { withFileTypes: true })
    const subjects = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    const taken = new Set(subjects.sort().slice(0, most))
    // Two data sets may use one name for two people.
    for (const name of taken) await linkPictures(join(from, name), join(folder, `${source}-${name}`))
    const [head = '', ...rows] = (await readFile(join(from, 'landmarks.csv'), 'utf8')).split('\n')
    if (lines.length === 0) lines.push(head)
    const own = rows.filter((row) => taken.has(row.split('/')[0] ?? ''))
    lines.push(...own.map((row) => `${source}-${row}`))
  }
  await writeFile(join(folder, 'landmarks.csv'), `${lines.join('\n')}\n`)
}

async function linkPictures(from: string, to: string): Promise<void> {
  await mkdir(to)
  const names = (await readdir(from)).filter(isPictureName)
  await Promise.all(names.map((name) => symlink(join(from, name), join(to, name))))
}
