import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../deploy/kustomize.js'

const run = promisify(execFile)
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** The images that the Dockerfile starts from. */
export interface Bases {
  readonly NODE_IMAGE: string
  readonly RUNTIME_IMAGE: string
  /** Whether they are the Dockerfile's own. */
  readonly pulled: boolean
}

/** Runs buildah as root without a daemon, where neither overlayfs nor user namespaces are to be had. @returns what it wrote */
export async function buildah(...args: string[]): Promise<string> {
  const env = { ...process.env, BUILDAH_ISOLATION: 'chroot', STORAGE_DRIVER: 'vfs' }
  const { stdout } = await run('buildah', args, { env, maxBuffer: 2 ** 28 }).catch((cause: unknown) => {
    const { stdout = '', stderr = String(cause) } = cause as { stdout?: string; stderr?: string }
    // What the programs of a build say is on stdout.
    throw new Error(`buildah ${args[0]} failed: ${(stdout + stderr).slice(-4_000)}`)
  })
  return stdout.trim()
}

/**
 * Finds the images that the Dockerfile starts from. Where no registry of images can be reached, stand-ins are made of what they consist of:
 * Debian's packages, and this machine's Node with npm.
 * @throws Error where mmdebstrap is missing
 */
export async function findBases(): Promise<Bases> {
  const dockerfile = await readFile(join(ROOT, 'deploy/Dockerfile'), 'utf8')
  const pinned = (name: string) => new RegExp(`^ARG ${name}=(\\S+)$`, 'm').exec(dockerfile)?.[1] ?? ''
  const names = { NODE_IMAGE: pinned('NODE_IMAGE'), RUNTIME_IMAGE: pinned('RUNTIME_IMAGE') }
  try {
    for (const name of Object.values(names)) await buildah('pull', '--retry', '0', name)
    return { ...names, pulled: true }
  } catch {
    const standIn = (name: string) => `localhost/crossres-test-${name}:${process.version}`
    return {
      NODE_IMAGE: await madeOnce(standIn('node'), nodeStandIn),
      RUNTIME_IMAGE: await madeOnce(standIn('runtime'), runtimeStandIn),
      pulled: false,
    }
  }
}

/** @returns an image's name, once it is there @param make fills a folder with its root; returns variables of its environment */
async function madeOnce(image: string, make: (root: string) => Promise<string[]>): Promise<string> {
  const isThere = await buildah('inspect', '--type', 'image', image).then(
    () => true,
    () => false,
  )
  if (isThere) return image
  const folder = await mkdtemp(join(tmpdir(), 'crossres-bases-'))
  try {
    const root = join(folder, 'root')
    return await imageOf(root, image, await make(root))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** node:bookworm-slim: Debian with apt, Node and npm. It trusts whom this machine trusts, so that builds reach its registries. */
async function nodeStandIn(root: string): Promise<string[]> {
  await debian(root, ['--variant=minbase', '--include=ca-certificates,libstdc++6'])
  const local = join(root, 'usr/local')
  await cp(process.execPath, join(local, 'bin/node'))
  const { stdout: modules } = await run('npm', ['root', '--global'])
  await mkdir(join(local, 'lib/node_modules'), { recursive: true })
  await cp(join(modules.trim(), 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true, dereference: true })
  await run('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm')])
  await cp(CERTIFICATES, join(root, CERTIFICATES))
  return ['NODE_EXTRA_CA_CERTS', 'npm_config_cafile', 'PIP_CERT'].map((name) => `${name}=${CERTIFICATES}`)
}

/** distroless/cc: the C++ runtime, certificates and time zones alone. */
async function runtimeStandIn(root: string): Promise<string[]> {
  const packages = 'base-files,libc6,libstdc++6,libgcc-s1,netbase,tzdata,ca-certificates'
  const leaveOut = ['doc', 'man', 'info', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`)
  await debian(root, ['--variant=extract', `--include=${packages}`, ...leaveOut])
  return []
}

async function debian(root: string, options: readonly string[]): Promise<void> {
  await run('mmdebstrap', ['--quiet', ...options, 'bookworm', root], { maxBuffer: 2 ** 26 })
}

async function imageOf(root: string, image: string, env: readonly string[]): Promise<string> {
  // Whatever runs an image brings its own devices.
  await rm(join(root, 'dev'), { recursive: true, force: true })
  await mkdir(join(root, 'dev'))
  const container = await buildah('from', 'scratch')
  try {
    await buildah('add', '--quiet', container, root, '/')
    const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    await buildah('config', ...[path, ...env].flatMap((value) => ['--env', value]), container)
    await buildah('commit', '--quiet', container, image)
  } finally {
    await buildah('rm', container)
  }
  return image
}
