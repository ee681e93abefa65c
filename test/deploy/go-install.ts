import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import envPaths from 'env-paths'

const run = promisify(execFile)

/** @returns the folder of programs that tests build once */
export function programFolder(): string {
  return join(envPaths('crossres', { suffix: '' }).cache, 'servers')
}

/**
 * A program that is published as Go source, built once and kept in the user's cache folder.
 * @param path of its package, e.g. `sigs.k8s.io/kwok/cmd/kwok`; its last part that is no version names the program
 * @param version e.g. `v0.7.0`
 * @returns the path of the program
 * @throws Error where Go is missing or the build fails
 */
export async function goInstall(path: string, version: string): Promise<string> {
  const built = basename(path.replace(/\/v\d+$/, ''))
  const program = join(programFolder(), `${built}-${version}`)
  if (existsSync(program)) return program
  await mkdir(programFolder(), { recursive: true })
  const draft = await mkdtemp(join(programFolder(), 'go-'))
  try {
    await run('go', ['install', '-trimpath', '-ldflags', '-s -w', `${path}@${version}`], {
      env: { ...process.env, GOBIN: draft, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
      maxBuffer: 2 ** 26,
    })
    // Two tests may build it at once: whoever is first to rename wins, the other one's is the same.
    await rename(join(draft, built), program)
  } catch (cause) {
    throw new Error(`${built} could not be built (${String(cause).slice(-500)}): install Go 1.24 or later.`, { cause })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return program
}
