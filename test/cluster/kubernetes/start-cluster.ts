import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from '../../fixtures/servers/free-port.js'
import { type RunningServer, runServer } from '../../fixtures/servers/run-server.js'
import { clusterPrograms } from './build-programs.js'

const run = promisify(execFile)

/** A Kubernetes cluster whose nodes are pretended (kwok): what is applied, admitted, scheduled and counted is real; no container runs. */
export interface Cluster {
  /** `https://127.0.0.1:PORT`. */
  readonly api: string
  /** The file with the certificates that vouch for the API server. */
  readonly caFile: string
  /** @param input a file for `-f -` @returns what kubectl wrote @throws Error with kubectl's words */
  kubectl(args: readonly string[], input?: string): Promise<string>
  /** Objects as JSON. @param args after `get`, e.g. `['pods', '-n', 'crossres']` */
  get<T>(...args: string[]): Promise<readonly T[]>
  stop(): Promise<void>
}

/** Starts etcd, the API server, the controllers, the scheduler and kwok, on free ports of loopback. */
export async function startCluster(): Promise<Cluster> {
  const programs = await clusterPrograms()
  const folder = await mkdtemp(join(tmpdir(), 'crossres-cluster-'))
  const [etcdPort, peerPort, apiPort, controllersPort, schedulerPort, kwokPort] = await freePorts(6)
  const etcd = `http://127.0.0.1:${etcdPort}`
  const peer = `http://127.0.0.1:${peerPort}`
  const api = `https://127.0.0.1:${apiPort}`
  const file = (name: string) => join(folder, name)
  const servers: RunningServer[] = []
  const start = async (command: string, flags: Readonly<Record<string, string>>, isReady: () => Promise<boolean>) => {
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
    servers.unshift(await runServer({ command, args, folder, isReady }))
  }
  const kubectl = async (args: readonly string[], input?: string) => {
    const child = run(programs.kubectl, ['--kubeconfig', file('kubeconfig'), ...args], { maxBuffer: 2 ** 26 })
    child.child.stdin?.end(input ?? '')
    return (await child).stdout
  }
  const healthy = (url: string) => async () => (await fetch(url)).ok
  const stop = async () => {
    for (const server of servers) await server.kill()
    await rm(folder, { recursive: true, force: true })
  }

  try {
    await writeKeys(file, api)
    await start(
      programs.etcd,
      {
        'data-dir': file('etcd'),
        'unsafe-no-fsync': 'true',
        'listen-client-urls': etcd,
        'advertise-client-urls': etcd,
        'listen-peer-urls': peer,
        'initial-advertise-peer-urls': peer,
        'initial-cluster': `default=${peer}`,
        'log-level': 'error',
      },
      healthy(`${etcd}/health`),
    )
    await start(
      programs['kube-apiserver'],
      {
        'etcd-servers': etcd,
        'secure-port': String(apiPort),
        'bind-address': '127.0.0.1',
        'advertise-address': '127.0.0.1',
        'cert-dir': file('certs'),
        'service-cluster-ip-range': '10.96.0.0/16',
        'service-account-issuer': 'https://kubernetes.default.svc',
        'service-account-signing-key-file': file('accounts.key'),
        'service-account-key-file': file('accounts.pub'),
        'token-auth-file': file('tokens.csv'),
        'authorization-mode': 'RBAC',
        'endpoint-reconciler-type': 'none',
      },
      async () => (await kubectl(['get', '--raw', '/readyz'])) === 'ok',
    )
    const client = { kubeconfig: file('kubeconfig'), 'bind-address': '127.0.0.1', 'leader-elect': 'false' }
    // They have no state of their own; the first object that they touch shows that they work.
    const atOnce = async () => true
    await start(
      programs['kube-controller-manager'],
      {
        ...client,
        'secure-port': String(controllersPort),
        'cert-dir': file('controllers'),
        'service-account-private-key-file': file('accounts.key'),
      },
      atOnce,
    )
    await start(
      programs['kube-scheduler'],
      { ...client, 'secure-port': String(schedulerPort), 'cert-dir': file('scheduler') },
      atOnce,
    )
    await start(
      programs.kwok,
      { kubeconfig: file('kubeconfig'), 'manage-all-nodes': 'true', 'server-address': `127.0.0.1:${kwokPort}` },
      atOnce,
    )
  } catch (error) {
    await stop()
    throw error
  }
  return {
    api,
    caFile: file('certs/apiserver.crt'),
    kubectl,
    async get<T>(...args: string[]) {
      return (JSON.parse(await kubectl(['get', ...args, '-o', 'json'])) as { items: T[] }).items
    },
    stop,
  }
}

async function writeKeys(file: (name: string) => string, api: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  await writeFile(file('accounts.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }))
  await writeFile(file('accounts.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  const token = randomBytes(16).toString('hex')
  await writeFile(file('tokens.csv'), `${token},admin,1,system:masters\n`)
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: api, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  }
  await writeFile(file('kubeconfig'), JSON.stringify(config))
}
