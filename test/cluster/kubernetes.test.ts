import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../deploy/kustomize.js'
import { type Workload, workloads } from '../deploy/manifest.js'
import { type Overlay, readOverlay } from '../deploy/read-overlay.js'
import { clusterPrograms } from './kubernetes/build-programs.js'
import { node, operatorKind, volume } from './kubernetes/cluster-objects.js'
import { type Cluster, startCluster } from './kubernetes/start-cluster.js'

const run = promisify(execFile)
const WITHIN_MS = 180_000

interface Pod {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly spec: { readonly nodeName?: string }
  readonly status: { readonly phase: string }
}

interface Event {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly involvedObject: { readonly kind: string; readonly name: string }
}

// Built once into the cache: about ten minutes of two cores.
beforeAll(async () => {
  await clusterPrograms()
}, 3_600_000)

describe.each(['overlays/cpu', 'overlays/gpu', 'overlays/production'])('deploy/%s on a real control plane', (name) => {
  let cluster: Cluster
  let overlay: Overlay
  let wanted: Workload[]
  let pods: readonly Pod[] = []
  const hasGpus = name !== 'overlays/cpu'

  const podsOf = (workload: string) =>
    pods.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === workload)
  const allPods = () => cluster.get<Pod>('pods', '-n', 'crossres')
  const apply = () => cluster.kubectl(['apply', '--server-side', '-k', join(ROOT, 'deploy', name)])
  const complaints = async () => {
    const events = await cluster.get<Event>('events', '-n', 'crossres')
    const warnings = events.filter(({ type }) => type === 'Warning')
    return warnings.map(
      ({ reason, message, involvedObject }) => `${involvedObject.kind} ${involvedObject.name}: ${reason}: ${message}`,
    )
  }

  beforeAll(async () => {
    overlay = await readOverlay(name)
    wanted = workloads(overlay.manifests)
    cluster = await startCluster()
    const objects = [
      ...[0, 1, 2, 3].map((index) => node(`cpu-${index}`, 0)),
      node('gpu-0', 4),
      ...Array.from({ length: 16 }, (_, index) => volume(`volume-${index}`)),
      operatorKind('keda.sh', 'v1alpha1', 'ScaledObject', 'scaledobjects'),
      operatorKind('monitoring.coreos.com', 'v1', 'ServiceMonitor', 'servicemonitors'),
    ]
    await cluster.kubectl(
      ['apply', '--server-side', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    )
    await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s'])
  }, 900_000)

  afterAll(async () => {
    await cluster?.stop()
  })

  it('is applied in one go, and again without a change', { timeout: WITHIN_MS }, async () => {
    expect(await apply()).toContain('namespace/crossres serverside-applied')
    const before = await cluster.get<{ metadata: { generation: number } }>('deployments,statefulsets', '-n', 'crossres')
    await apply()
    const after = await cluster.get<{ metadata: { generation: number } }>('deployments,statefulsets', '-n', 'crossres')
    expect(after.map(({ metadata }) => metadata.generation)).toEqual(before.map(({ metadata }) => metadata.generation))
  })

  it('gets every pod of every workload admitted, scheduled and running', { timeout: 2 * WITHIN_MS }, async () => {
    const expected = wanted.filter(({ kind }) => kind !== 'CronJob')
    const replicas = new Map(
      overlay.manifests.map(({ kind, metadata, spec }) => [
        `${kind} ${metadata.name}`,
        (spec as { replicas?: number })?.replicas ?? 1,
      ]),
    )
    const missing = () =>
      expected
        .filter(({ kind, name: workload }) => {
          const up = podsOf(workload).filter(({ status }) => status.phase === 'Running' || status.phase === 'Succeeded')
          return up.length < (replicas.get(`${kind} ${workload}`) ?? 1)
        })
        .map((workload) => workload.name)
    const deadline = performance.now() + WITHIN_MS
    do {
      await setTimeout(1_000)
      pods = await allPods()
    } while (missing().length > 0 && performance.now() < deadline)
    const why = missing().length > 0 ? await complaints() : []
    expect({ missing: missing(), why }).toEqual({ missing: [], why: [] })
  })

  it('puts on GPU nodes what asks for GPUs, and nothing else', () => {
    for (const { metadata, spec } of pods) {
      const workload = metadata.labels?.['app.kubernetes.io/name'] ?? ''
      const onGpu = hasGpus && ['embedder', 'trainer'].includes(workload)
      expect(spec.nodeName, metadata.name).toMatch(onGpu ? /^gpu-/ : /^cpu-/)
    }
  })

  it('makes a Job of the nightly evaluation, which ends', { timeout: WITHIN_MS }, async () => {
    // Every minute in place of every night.
    await cluster.kubectl([
      'patch',
      'cronjob',
      'evaluation',
      '-n',
      'crossres',
      '-p',
      '{"spec": {"schedule": "* * * * *"}}',
    ])
    const deadline = performance.now() + 150_000
    let done: readonly Pod[] = []
    do {
      await setTimeout(2_000)
      pods = await allPods()
      done = podsOf('evaluation').filter(({ status }) => status.phase === 'Succeeded')
    } while (done.length === 0 && performance.now() < deadline)
    expect(done.length, (await complaints()).join('\n')).toBeGreaterThan(0)
  })

  it('refuses pods that are not restricted', async () => {
    const bad = ['run', 'bad', '-n', 'crossres', '--image=busybox:1.37', '--restart=Never']
    await expect(cluster.kubectl(bad)).rejects.toThrow(/violates PodSecurity "restricted/)
  })

  // Production's come from elsewhere.
  if (name === 'overlays/production') return
  it('makes the credentials once, with a right to nothing else', { timeout: WITHIN_MS }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crossres-token-'))
    try {
      const token = await cluster.kubectl(['create', 'token', 'make-credentials', '-n', 'crossres'])
      await writeFile(join(folder, 'token'), token)
      const make = () =>
        run(process.execPath, [join(ROOT, 'deploy/components/credentials/make-credentials.mjs')], {
          env: {
            KUBERNETES_API: cluster.api,
            NAMESPACE: 'crossres',
            SECRET: 'crossres-storage',
            TOKEN_FILE: join(folder, 'token'),
            NODE_EXTRA_CA_CERTS: cluster.caFile,
          },
        })
      const secret = () =>
        cluster.kubectl(['get', 'secret', 'crossres-storage', '-n', 'crossres', '-o', 'jsonpath={.data}'])
      await expect(make()).resolves.toMatchObject({ stdout: 'crossres-storage made\n' })
      const first = JSON.parse(await secret()) as object
      expect(Object.keys(first).sort()).toEqual(['CROSSRES_S3_ACCESS_KEY', 'CROSSRES_S3_SECRET_KEY'])
      await expect(make()).resolves.toMatchObject({ stdout: 'crossres-storage is there and stays\n' })
      expect(JSON.parse(await secret())).toEqual(first)
      const account = 'system:serviceaccount:crossres:make-credentials'
      const may = (verb: string) =>
        cluster.kubectl(['auth', 'can-i', verb, 'secrets', '-n', 'crossres', '--as', account]).catch(() => 'no\n')
      expect([await may('create'), await may('get'), await may('list'), await may('delete')]).toEqual([
        'yes\n',
        'no\n',
        'no\n',
        'no\n',
      ])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
