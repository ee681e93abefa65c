import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { goInstall } from '../fixtures/go-install.js'

const run = promisify(execFile)
const KUSTOMIZE_VERSION = 'v5.7.1'

/** The root of the repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..')
const DEPLOY = join(ROOT, 'deploy')

/** What people apply, by its folder below deploy/; `.` is deploy/ itself. */
export const OVERLAYS = ['.', 'overlays/cpu', 'overlays/gpu', 'overlays/production'] as const

/**
 * Builds a folder as `kubectl apply -k` does: with kubectl where it is installed, else with kustomize, which is then built from source.
 * @param overlay a folder below deploy/
 * @returns YAML documents
 * @throws Error where the folder does not build, or neither kubectl nor Go is there
 */
export async function kustomize(overlay: string): Promise<string> {
  const { command, args } = await builder()
  const { stdout } = await run(command, [...args, join(DEPLOY, overlay)], { maxBuffer: 2 ** 26 })
  return stdout
}

async function builder(): Promise<{ command: string; args: string[] }> {
  const hasKubectl = await run('kubectl', ['version', '--client']).then(
    () => true,
    () => false,
  )
  if (hasKubectl) return { command: 'kubectl', args: ['kustomize'] }
  return { command: await goInstall('sigs.k8s.io/kustomize/kustomize/v5', KUSTOMIZE_VERSION), args: ['build'] }
}
