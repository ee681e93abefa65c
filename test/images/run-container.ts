import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type RunningServer, runServer } from '../fixtures/servers/run-server.js'
import { buildah } from './stand-ins.js'

const run = promisify(execFile)
const USER = 10_001

/** How an image says that it is to be started. */
interface ImageConfig {
  readonly Env: readonly string[]
  readonly User: string
  readonly WorkingDir: string
  readonly Entrypoint: readonly string[]
}

/** A container, run as the manifests say: its user, a read-only root, no capabilities; /tmp, /data and /cache alone can be written. */
export interface Container extends RunningServer {
  /** Runs a program in it. @throws Error with what it wrote, where it fails */
  exec(...command: string[]): Promise<string>
}

/**
 * Runs an image under runc, in the network of this machine.
 * @param args behind its entry point
 * @param env more variables
 */
export async function runContainer(
  image: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  isReady: () => Promise<boolean>,
): Promise<Container> {
  const id = `crossres-test-${randomUUID()}`
  const bundle = await mkdtemp(join(tmpdir(), 'crossres-bundle-'))
  const container = await buildah('from', '--pull-never', image)
  const cleanUp = async () => {
    await run('runc', ['delete', '--force', id]).catch(() => {})
    await buildah('rm', container)
    await rm(bundle, { recursive: true, force: true })
  }
  try {
    const root = await buildah('mount', container)
    const inspected = JSON.parse(await buildah('inspect', container)) as { OCIv1: { config: ImageConfig } }
    const { config } = inspected.OCIv1
    if (config.User !== `${USER}:${USER}`) throw new Error(`the image runs as ${config.User}`)
    const writable = []
    for (const path of ['/tmp', '/data', '/cache']) {
      await mkdir(join(bundle, 'volumes', path), { recursive: true, mode: 0o770 })
      await run('chown', [`${USER}:${USER}`, join(bundle, 'volumes', path)])
      const source = join(bundle, 'volumes', path)
      writable.push({ destination: path, type: 'bind', source, options: ['rbind', 'rw', 'nosuid', 'nodev'] })
    }
    await run('runc', ['spec', '--bundle', bundle])
    const spec = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8'))
    spec.root = { path: root, readonly: true }
    spec.mounts.push(...writable)
    // Its port is then one of this machine's loopback.
    spec.linux.namespaces = spec.linux.namespaces.filter(({ type }: { type: string }) => type !== 'network')
    Object.assign(spec.process, {
      terminal: false,
      user: { uid: USER, gid: USER },
      cwd: config.WorkingDir,
      args: [...config.Entrypoint, ...args],
      env: [...config.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      capabilities: { bounding: [], effective: [], permitted: [], ambient: [], inheritable: [] },
      noNewPrivileges: true,
    })
    await writeFile(join(bundle, 'config.json'), JSON.stringify(spec))
    const server = await runServer({
      command: 'runc',
      args: ['run', '--bundle', bundle, id],
      folder: bundle,
      isReady,
      withinMs: 300_000,
    })
    return {
      pid: server.pid,
      exec: async (...command) => (await run('runc', ['exec', id, ...command])).stdout,
      async kill() {
        await server.kill()
        await cleanUp()
      },
    }
  } catch (error) {
    await cleanUp()
    throw error
  }
}
