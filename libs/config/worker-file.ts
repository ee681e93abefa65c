import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { DomainError } from './domain-error.js'

/**
 * Where the file of a worker thread is. In dist/ it is the caller's neighbour; where the caller is TypeScript that a test
 * runner executes, it is the compiled file, because a worker thread of Node 20 runs JavaScript only.
 * @param importMetaUrl the caller's `import.meta.url`
 * @param file `./name.js`, relative to the caller
 * @throws DomainError NOT_BUILT when there is no compiled file
 */
export function workerFile(importMetaUrl: string, file: string): URL {
  const caller = fileURLToPath(importMetaUrl)
  if (!caller.endsWith('.ts')) return new URL(file, importMetaUrl)
  const folder = dirname(caller)
  const root = projectRoot(folder)
  const compiled = join(root, 'dist', relative(root, folder), file)
  if (!existsSync(compiled)) {
    throw new DomainError('NOT_BUILT', `${compiled} is missing: run \`npm run build\` first.`, { file: compiled })
  }
  return pathToFileURL(compiled)
}

/** The nearest folder above that holds a package.json; the root of the file system where none does. */
function projectRoot(folder: string): string {
  const parent = dirname(folder)
  return parent === folder || existsSync(join(folder, 'package.json')) ? folder : projectRoot(parent)
}
