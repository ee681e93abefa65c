import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * A data set in little, gone when the test ends.
 * @param files contents by path; pictures may be empty, for no protocol opens them
 * @returns its folder
 */
export async function miniature(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crossres-protocol-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
  return folder
}

/** Empty pictures. */
export const pictures = (...paths: string[]): Record<string, string> =>
  Object.fromEntries(paths.map((path) => [path, '']))
