import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { edgesOf, lines } from './edges.js'
import { OVERLAYS, ROOT } from './kustomize.js'
import { type Manifest, settingsOf, workloads } from './manifest.js'
import { reachedModules } from './reached-modules.js'
import { type Overlay, readOverlay } from './read-overlay.js'

const overlays = new Map<string, Overlay>()

beforeAll(async () => {
  for (const name of OVERLAYS) overlays.set(name, await readOverlay(name))
}, 600_000)

const manifestsOf = (name: string): readonly Manifest[] => overlays.get(name)?.manifests ?? []

/** The file that a container of ours starts from. */
function entries(name: string): Map<string, string> {
  const found = workloads(manifestsOf(name)).flatMap(({ name: workload, pod }) => {
    const [program, file = ''] = pod.containers[0]?.command ?? []
    if (program !== 'node' || !file.startsWith('dist/')) return []
    // The command line reaches everything; a pod runs one command of it.
    const [command] = pod.containers[0]?.args ?? []
    const source = file.replace(/^dist\/(.*)\.js$/, '$1.ts')
    return [[workload, command ? join('services/cli/commands', `${command}.ts`) : source] as const]
  })
  return new Map(found)
}

/** What the code of a workload dials: by the client library that it loads. */
function dialled(name: string): string[] {
  const settings = settingsOf(manifestsOf(name))
  const minio = new URL(settings.CROSSRES_S3_ENDPOINT ?? '').host
  const nats = new URL(settings.CROSSRES_EVENTS ?? '').host
  const embedder = settings.CROSSRES_EMBEDDER_ADDRESS?.replace('dns:///', '')
  const milvus = settings.CROSSRES_MILVUS_ADDRESS && new URL(settings.CROSSRES_MILVUS_ADDRESS).host
  const lines = [...entries(name)].flatMap(([workload, entry]) => {
    const { packages, files } = reachedModules(entry)
    const targets = [
      packages.has('minio') && minio,
      packages.has('nats') && nats,
      files.has('libs/rpc/client.ts') && embedder,
      packages.has('@zilliz/milvus2-sdk-node') && milvus,
    ]
    return targets.flatMap((target) => (target ? [`${workload} -> ${target}`] : []))
  })
  return lines.sort()
}

describe.each(OVERLAYS)('the services of deploy/%s', (name) => {
  it('start from programs that are there', () => {
    expect([...entries(name).keys()].sort()).toEqual([
      'downsampler',
      'embedder',
      'evaluation',
      'evaluator',
      'gallery-index',
      'setup',
      'trainer',
    ])
    for (const entry of entries(name).values()) expect(existsSync(join(ROOT, entry)), entry).toBe(true)
  })

  it('dial exactly what the NetworkPolicies let them', () => {
    const ours = new Set(entries(name).keys())
    const { sent } = edgesOf(manifestsOf(name), workloads(manifestsOf(name)))
    expect(lines(sent.filter(({ from }) => ours.has(from)))).toEqual(dialled(name))
  })
})
