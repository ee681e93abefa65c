import { beforeAll, describe, expect, it } from 'vitest'
import { CONSUMERS, durableName, NOTIFICATIONS_SUBJECT, STREAMS, streamOf } from '../../libs/events/topology.js'
import { edgesOf, lines } from './edges.js'
import { OVERLAYS } from './kustomize.js'
import { type Manifest, settingsOf, workloads } from './manifest.js'
import { type Overlay, readOverlay } from './read-overlay.js'

const overlays = new Map<string, Overlay>()

beforeAll(async () => {
  for (const name of OVERLAYS) overlays.set(name, await readOverlay(name))
}, 600_000)

const manifestsOf = (name: string): readonly Manifest[] => overlays.get(name)?.manifests ?? []
const edges = (name: string) => edgesOf(manifestsOf(name), workloads(manifestsOf(name)))

describe.each(OVERLAYS)('the network of deploy/%s', (name) => {
  it('denies what no policy allows', () => {
    const denied = manifestsOf(name).find(({ metadata }) => metadata.name === 'default-deny')
    expect(denied?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
  })

  it('lets each edge out at one end and in at the other', () => {
    const { sent, taken } = edges(name)
    expect(lines(sent).length).toBeGreaterThan(10)
    expect(lines(sent)).toEqual(lines(taken))
  })

  it('lets pods out by name, but for DNS, the API server and the collector of traces', () => {
    const open = manifestsOf(name).filter(({ kind, spec }) => {
      if (kind !== 'NetworkPolicy') return false
      const { egress = [] } = spec as { egress?: { to?: { namespaceSelector?: unknown }[] }[] }
      return egress.some(
        ({ to }) => to === undefined || to.some(({ namespaceSelector }) => namespaceSelector !== undefined),
      )
    })
    const allowed = ['dns', 'make-credentials-to-api-server', 'services-to-collector']
    expect(allowed).toEqual(expect.arrayContaining(open.map(({ metadata }) => metadata.name)))
  })

  it('leads where the settings point, to ports that are served', () => {
    const settings = settingsOf(manifestsOf(name))
    const targets = new Set(lines(edges(name).sent).map((line) => line.split(' -> ')[1]))
    const addresses = [
      new URL(settings.CROSSRES_S3_ENDPOINT ?? '').host,
      new URL(settings.CROSSRES_EVENTS ?? '').host,
      settings.CROSSRES_EMBEDDER_ADDRESS?.replace('dns:///', ''),
      settings.CROSSRES_MILVUS_ADDRESS && new URL(settings.CROSSRES_MILVUS_ADDRESS).host,
    ].filter((address) => address !== undefined)
    expect([...targets]).toEqual(expect.arrayContaining(addresses))
    for (const address of addresses) {
      const [host, port] = address.split(':')
      const service = manifestsOf(name).find(({ kind, metadata }) => kind === 'Service' && metadata.name === host)
      expect(service?.spec, address).toMatchObject({
        ports: expect.arrayContaining([expect.objectContaining({ port: Number(port) })]),
      })
    }
  })

  it('makes gRPC services headless, so that callers go round their pods', () => {
    const services = manifestsOf(name).filter(
      ({ kind, metadata }) => kind === 'Service' && metadata.labels?.['app.kubernetes.io/component'] === 'service',
    )
    expect(services.length).toBe(5)
    for (const { spec, metadata } of services) expect(spec, metadata.name).toMatchObject({ clusterIP: 'None' })
  })

  it('sends MinIO’s notifications to the subject that the services listen to', () => {
    const minio = workloads(manifestsOf(name)).find((workload) => workload.name === 'minio')
    const env = new Map(minio?.pod.containers[0]?.env?.map((entry) => [entry.name, entry.value]))
    expect(env.get('MINIO_NOTIFY_NATS_SUBJECT_JS')).toBe(NOTIFICATIONS_SUBJECT)
    expect(`nats://${env.get('MINIO_NOTIFY_NATS_ADDRESS_JS')}`).toBe(settingsOf(manifestsOf(name)).CROSSRES_EVENTS)
    // Notifications that NATS did not take must outlive the pod.
    expect(env.get('MINIO_NOTIFY_NATS_QUEUE_DIR_JS')).toMatch(/^\/data\//)
  })

  it('gives NATS more disk than its streams may take', () => {
    const conf = manifestsOf(name).find(({ data }) => data?.['nats.conf'] !== undefined)?.data?.['nats.conf'] ?? ''
    const [, gigabytes] = /max_file_store: (\d+)GB/.exec(conf) ?? []
    const bytes = Object.values(STREAMS).reduce((sum, { maxBytes }) => sum + maxBytes, 0)
    expect(bytes).toBeLessThan(Number(gigabytes) * 1e9)
  })

  it('scales on consumers that there are', () => {
    const known = CONSUMERS.map((plan) => `${streamOf(plan.type).name}/${durableName(plan)}`)
    const scaled = manifestsOf(name).filter(({ kind }) => kind === 'ScaledObject')
    expect(scaled.length > 0).toBe(name === 'overlays/production')
    for (const { spec, metadata } of scaled) {
      const { triggers } = spec as { triggers: { type: string; metadata: Record<string, string> }[] }
      const lags = triggers.filter(({ type }) => type === 'nats-jetstream')
      expect(lags.length, metadata.name).toBeGreaterThan(0)
      for (const { metadata: at } of lags) expect(known).toContain(`${at.stream}/${at.consumer}`)
    }
  })
})
