import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { goCommand, goInstall, programFolder } from '../../fixtures/go-install.js'

const run = promisify(execFile)

const KUBERNETES = 'v1.34.4'
const ETCD = 'v3.6.4'
const KWOK = 'v0.7.0'
const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'] as const

/** Where the programs of a cluster are. */
export type ClusterPrograms = Readonly<Record<(typeof PROGRAMS)[number] | 'kwok', string>>

/**
 * A control plane of Kubernetes, kubectl and kwok, which are published as Go source: built once, which takes two cores about ten minutes,
 * and kept in the user's cache folder.
 * @throws Error where Go is missing or the build fails
 */
export async function clusterPrograms(): Promise<ClusterPrograms> {
  const folder = join(programFolder(), `kubernetes-${KUBERNETES}`)
  if (!existsSync(folder)) await buildControlPlane(folder)
  const kwok = await goInstall('sigs.k8s.io/kwok/cmd/kwok', KWOK)
  const paths = PROGRAMS.map((name) => [name, join(folder, name)] as const)
  return { ...(Object.fromEntries(paths) as Record<(typeof PROGRAMS)[number], string>), kwok }
}

async function buildControlPlane(folder: string): Promise<void> {
  await mkdir(programFolder(), { recursive: true })
  const draft = await mkdtemp(join(programFolder(), 'kubernetes-'))
  const sources = join(draft, 'sources')
  try {
    await mkdir(sources)
    await copyFile(fileURLToPath(new URL('./main.go', import.meta.url)), join(sources, 'main.go'))
    await writeFile(join(sources, 'go.mod'), await goModule())
    await go(['mod', 'tidy'], sources)
    // Clients and servers compare versions; a build from source has to be told its own.
    const version = 'k8s.io/component-base/version'
    const [, minor] = KUBERNETES.split('.')
    const told = [`gitVersion=${KUBERNETES}`, 'gitMajor=1', `gitMinor=${minor}`].map(
      (value) => `-X ${version}.${value}`,
    )
    const program = join(draft, 'control-plane')
    await go(['build', '-trimpath', '-ldflags', ['-s -w', ...told].join(' '), '-o', program, '.'], sources)
    await rm(sources, { recursive: true })
    for (const name of PROGRAMS) await symlink('control-plane', join(draft, name))
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** A module of our own that requires Kubernetes: its staging modules are replaced in its go.mod, which binds nobody who requires it. */
async function goModule(): Promise<string> {
  const { stdout } = await go(['mod', 'download', '-json', `k8s.io/kubernetes@${KUBERNETES}`], programFolder())
  const { GoMod } = JSON.parse(stdout) as { GoMod: string }
  const theirs = await readFile(GoMod, 'utf8')
  const [language] = /^go .*$/m.exec(theirs) ?? ['']
  const staging = [...theirs.matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\//gm)].map(([, name]) => name)
  const version = KUBERNETES.replace('v1.', 'v0.')
  return [
    'module control-plane',
    language,
    `require k8s.io/kubernetes ${KUBERNETES}`,
    `require go.etcd.io/etcd/server/v3 ${ETCD}`,
    ...staging.map((name) => `replace ${name} => ${name} ${version}`),
    '',
  ].join('\n\n')
}

async function go(args: readonly string[], folder: string): Promise<{ stdout: string }> {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' }
  return run(await goCommand(), args, { cwd: folder, env, maxBuffer: 2 ** 26 }).catch((cause: unknown) => {
    const { stderr = String(cause) } = cause as { stderr?: string }
    throw new Error(`go ${args.slice(0, 2).join(' ')} failed: ${stderr.slice(-500)}: install Go 1.24 or later.`, {
      cause,
    })
  })
}
