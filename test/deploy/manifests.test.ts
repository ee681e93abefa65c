import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readEnvironment } from '../../libs/config/environment.js'
import { parseGate } from '../../services/evaluator/evaluation/gate.js'
import { kustomize, OVERLAYS, ROOT } from './kustomize.js'
import { type Manifest, settingsOf, type Workload, workloads } from './manifest.js'
import { type Overlay, readManifests, readOverlay } from './read-overlay.js'
import { unrestricted } from './restricted.js'

const SERVICES = ['downsampler', 'embedder', 'evaluator', 'gallery-index', 'trainer']
const overlays = new Map<string, Overlay>()
const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }

beforeAll(async () => {
  // The first call makes the Python that all share.
  for (const name of OVERLAYS) overlays.set(name, await readOverlay(name))
}, 600_000)

const manifestsOf = (name: string): readonly Manifest[] => overlays.get(name)?.manifests ?? []
const workloadsOf = (name: string): Workload[] => workloads(manifestsOf(name))
const ofKind = (name: string, kind: string) => manifestsOf(name).filter((manifest) => manifest.kind === kind)

describe.each(OVERLAYS)('deploy/%s', (name) => {
  it('builds, and Kubernetes knows every field', () => {
    expect(overlays.get(name)?.problems).toEqual([])
    expect(ofKind(name, 'Namespace').map(({ metadata }) => metadata.name)).toEqual(['crossres'])
    const strays = manifestsOf(name).filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'crossres',
    )
    expect(strays).toEqual([])
  })

  it('has the five services, NATS, MinIO, the setup and the nightly evaluation', () => {
    const serving = workloadsOf(name).filter(({ serves }) => serves)
    expect(serving.map((workload) => workload.name)).toEqual(expect.arrayContaining([...SERVICES, 'nats', 'minio']))
    expect(ofKind(name, 'Job').map(({ metadata }) => metadata.name)).toContain('setup')
    expect(ofKind(name, 'CronJob').map(({ metadata }) => metadata.name)).toEqual(['evaluation'])
  })

  it('enforces restricted pods, and every pod is', () => {
    const [namespace] = ofKind(name, 'Namespace')
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' })
    const found = workloadsOf(name).flatMap(({ name: workload, pod }) =>
      unrestricted(pod).map((why) => `${workload}: ${why}`),
    )
    expect(found).toEqual([])
  })

  it('bounds every container, and asks those that serve how they are', () => {
    for (const { name: workload, pod, serves } of workloadsOf(name)) {
      for (const { resources, startupProbe, readinessProbe, livenessProbe } of pod.containers) {
        for (const resource of ['cpu', 'memory', 'ephemeral-storage']) {
          expect(resources?.requests, workload).toHaveProperty(resource)
          expect(resources?.limits, workload).toHaveProperty(resource)
        }
        if (!serves) continue
        expect([startupProbe, readinessProbe, livenessProbe], workload).not.toContain(undefined)
        const probe = SERVICES.includes(workload) ? { grpc: { port: 50_051 } } : { httpGet: expect.anything() }
        expect([startupProbe, readinessProbe, livenessProbe], workload).toEqual(
          Array(3).fill(expect.objectContaining(probe)),
        )
      }
    }
  })

  it('gives each volume that is mounted, and a place for what is written', () => {
    for (const { name: workload, pod, claims } of workloadsOf(name)) {
      const there = [...(pod.volumes ?? []).map((volume) => volume.name), ...claims]
      for (const { volumeMounts = [] } of pod.containers) {
        for (const mount of volumeMounts) expect(there, workload).toContain(mount.name)
        if (workload === 'make-credentials') continue
        expect(
          volumeMounts.map(({ mountPath }) => mountPath),
          workload,
        ).toContain('/tmp')
      }
    }
  })

  it('names the version of every image, ours that of this package', () => {
    for (const { pod } of workloadsOf(name)) {
      for (const { image } of pod.containers) {
        const [repository, tag] = image.split('@')[0]?.split(':') ?? []
        if (/^crossres(-trainer|-gpu)?$/.test(repository ?? '')) expect(image).toBe(`${repository}:${version}`)
        // Milvus' digest could not be checked against a second source.
        else if (repository === 'milvusdb/milvus') expect(tag).toMatch(/^v\d+\.\d+\.\d+$/)
        else expect(image).toMatch(/:[^:@]+@sha256:[0-9a-f]{64}$/)
      }
    }
  })

  it('holds no secret', () => {
    expect(ofKind(name, 'Secret')).toEqual([])
    for (const { pod } of workloadsOf(name)) {
      for (const { env = [] } of pod.containers) {
        const plain = env.filter((entry) => /KEY|SECRET|TOKEN|PASSWORD/.test(entry.name) && entry.value !== undefined)
        // Names of things, no secrets themselves.
        expect(plain.filter((entry) => !['SECRET', 'TOKEN_FILE'].includes(entry.name))).toEqual([])
      }
    }
    const settings = manifestsOf(name).filter(({ kind }) => kind === 'ConfigMap')
    for (const { data = {} } of settings)
      expect(Object.keys(data).filter((key) => /SECRET|PASSWORD|TOKEN/.test(key))).toEqual([])
  })

  it('sets what the services know, and says openly that there is no TLS', () => {
    const settings = settingsOf(manifestsOf(name))
    const keys = { CROSSRES_S3_ACCESS_KEY: 'from-the-secret', CROSSRES_S3_SECRET_KEY: 'from-the-secret' }
    const environment = readEnvironment({ ...settings, ...keys })
    expect(environment).toMatchObject({
      host: '0.0.0.0',
      port: 50_051,
      insecure: true,
      dataFolder: '/data',
      cacheFolder: '/cache',
      objects: { kind: 's3', bucket: 'crossres' },
      events: { kind: 'nats', replicas: name === 'overlays/production' ? 3 : 1 },
    })
    expect(environment.embedderAddress).toBe('dns:///embedder:50051')
  })

  it('lets no two copies be drained at a time, and leaves single ones to the drain', () => {
    const budgets = ofKind(name, 'PodDisruptionBudget')
    const names = budgets.map(({ metadata }) => metadata.name)
    expect(names).toEqual(expect.arrayContaining(['embedder', 'downsampler']))
    const many = manifestsOf(name).filter(
      ({ kind, spec }) => kind === 'StatefulSet' && (spec as { replicas: number }).replicas > 1,
    )
    expect(names).toEqual(expect.arrayContaining(many.map(({ metadata }) => metadata.name)))
    for (const { spec } of budgets) expect(spec).toMatchObject({ maxUnavailable: 1 })
  })

  it('scales what takes load by one autoscaler each', () => {
    const targets = [...ofKind(name, 'HorizontalPodAutoscaler'), ...ofKind(name, 'ScaledObject')].map(
      ({ spec }) => (spec as { scaleTargetRef: { name: string } }).scaleTargetRef.name,
    )
    expect(new Set(targets).size).toBe(targets.length)
    expect(targets).toContain('downsampler')
    // On GPUs without KEDA, the number of embedders is the number of GPUs that they were given.
    expect(targets.includes('embedder')).toBe(name !== 'overlays/gpu')
    // An autoscaler and a number in the manifest would fight at every `kubectl apply`.
    for (const { metadata, spec } of ofKind(name, 'Deployment'))
      expect(spec, metadata.name).not.toHaveProperty('replicas')
  })

  it('gives GPUs to the embedder and the trainer alone, where it gives any', () => {
    const onGpus = workloadsOf(name).filter(({ pod }) => pod.nodeSelector?.['nvidia.com/gpu.present'] === 'true')
    const hasGpus = name === 'overlays/gpu' || name === 'overlays/production'
    expect(onGpus.map((workload) => workload.name).sort()).toEqual(hasGpus ? ['embedder', 'trainer'] : [])
    for (const { name: workload, pod } of workloadsOf(name)) {
      const [container] = pod.containers
      const wanted = onGpus.some((other) => other.name === workload) ? '1' : undefined
      expect(container?.resources?.limits?.['nvidia.com/gpu'], workload).toBe(wanted)
      expect(pod.tolerations?.some(({ key }) => key === 'nvidia.com/gpu') ?? false, workload).toBe(wanted !== undefined)
      expect(container?.image.startsWith('crossres-gpu:'), workload).toBe(wanted !== undefined)
      const engine = container?.env?.find((variable) => variable.name === 'CROSSRES_ENGINE')?.value
      expect(engine, workload).toBe(hasGpus && workload === 'embedder' ? 'tensorflow' : undefined)
    }
    const embedder = ofKind(name, 'Deployment').find(({ metadata }) => metadata.name === 'embedder')
    expect(embedder?.spec).toMatchObject({ strategy: { rollingUpdate: { maxSurge: hasGpus ? 0 : 1 } } })
  })

  it('promises what an evaluation can measure', () => {
    const gate =
      ofKind(name, 'ConfigMap').find(({ data }) => data?.['gate.json'] !== undefined)?.data?.['gate.json'] ?? ''
    expect(parseGate(gate, 'gate.json').promises.length).toBeGreaterThan(0)
    const protocol = ofKind(name, 'ConfigMap').find(({ data }) => data?.PROTOCOL !== undefined)?.data
    expect(Object.keys(protocol ?? {}).sort()).toEqual(['DATASET', 'PROTOCOL', 'RESOLUTIONS'])
  })
})

it('is the overlay for a small cluster at its root', async () => {
  expect(await kustomize('.')).toBe(await kustomize('overlays/cpu'))
})

it('fits a small cluster', () => {
  const requests = workloadsOf('.')
    .filter(({ serves }) => serves)
    .flatMap(({ pod }) => pod.containers.map(({ resources }) => resources?.requests))
  const cores = requests.reduce((sum, request) => sum + quantity(request?.cpu), 0)
  const bytes = requests.reduce((sum, request) => sum + quantity(request?.memory), 0)
  expect(cores).toBeLessThan(2)
  expect(bytes).toBeLessThan(5 * 2 ** 30)
})

it('finds what is wrong with a manifest', async () => {
  const wrong = 'apiVersion: v1\nkind: Service\nmetadata: {name: one}\nspec: {ports: [{port: x}], selektor: {}}\n'
  const { problems } = await readManifests(wrong)
  expect(problems.join('\n')).toMatch(/Service one/)
  expect(unrestricted({ containers: [{ name: 'one', image: 'one' }] })).toEqual(
    expect.arrayContaining(['may run as root', 'one may write to its root', 'one keeps capabilities']),
  )
})

/** A quantity of Kubernetes as a number: `500m`, `2`, `768Mi`. */
function quantity(text = '0'): number {
  const [, number = '0', unit = ''] = /^(\d+)(m|Mi|Gi)?$/.exec(text) ?? []
  return Number(number) * ({ m: 0.001, Mi: 2 ** 20, Gi: 2 ** 30 }[unit] ?? 1)
}
