import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const NAME = /^[0-9a-f-]{36}$/

/**
 * The name of the worker that has a folder, for the leases of its jobs. It lasts as long as the folder: a process that starts again there
 * takes up at once what the one before had, while the jobs of a lost folder wait until their leases are over.
 * @param folder that nobody else uses, see acquireFolder
 */
export async function openWorkerName(folder: string): Promise<string> {
  const file = join(folder, 'worker')
  const kept = await readFile(file, 'utf8').catch(() => '')
  // A crash may have left it empty.
  if (NAME.test(kept)) return kept
  const name = randomUUID()
  await writeFile(file, name)
  return name
}
