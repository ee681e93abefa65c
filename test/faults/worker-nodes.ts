import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBucket } from '../../libs/objects/ensure-bucket.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { openObjectStore } from '../../libs/objects/open-object-store.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { childrenOf } from '../fixtures/children-of.js'
import { startNats } from '../fixtures/servers/nats.js'
import { bucketOf, bucketVariables } from '../fixtures/servers/s3-server.js'
import { startSeaweedFs } from '../fixtures/servers/seaweedfs.js'
import { type ServiceProcess, startService } from '../fixtures/service-process.js'

/** A worker in a process of its own, with a disk of its own. */
export interface WorkerNode {
  readonly service: ServiceProcess
  readonly clients: Clients
  /** In the leases of its runs. */
  readonly worker: string
}

/** Workers of a cluster, with its servers. */
export interface WorkerNodes {
  /** For the test's own files. */
  readonly folder: string
  readonly objects: ObjectStore
  start(name: string): Promise<WorkerNode>
  /** Ends a node and all of its processes at once. @returns how many there were */
  lose(node: WorkerNode): Promise<number>
  stop(): Promise<void>
}

/** Starts NATS and an S3 server for nodes of one service. */
export async function startWorkerNodes(service: 'trainer' | 'evaluator'): Promise<WorkerNodes> {
  const folder = await mkdtemp(join(tmpdir(), `crossres-lost-${service}-`))
  const nats = await startNats()
  const s3 = await startSeaweedFs()
  const bucket = bucketOf(s3, 'crossres')
  await ensureBucket(bucket)
  const objects = await openObjectStore({ kind: 's3', ...bucket })
  const nodes = new Set<WorkerNode>()

  async function end(node: WorkerNode) {
    nodes.delete(node)
    node.clients.close()
    await node.service.kill()
  }

  return {
    folder,
    objects,
    async start(name) {
      const data = join(folder, name)
      const started = startService(service, {
        CROSSRES_DATA: data,
        CROSSRES_CACHE: join(folder, `${name}-cache`),
        CROSSRES_IMAGE_THREADS: '1',
        ...bucketVariables(bucket),
        CROSSRES_EVENTS: nats.url,
      })
      const clients = createClients({ address: await started.serving() })
      const node = { service: started, clients, worker: await readFile(join(data, service, 'worker'), 'utf8') }
      nodes.add(node)
      return node
    },
    async lose(node) {
      const victims = [node.service.child.pid as number, ...(await childrenOf(node.service.child))]
      for (const victim of victims) process.kill(victim, 'SIGKILL')
      await end(node)
      return victims.length
    },
    async stop() {
      await Promise.all([...nodes].map(end))
      await nats.stop()
      await s3.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** @returns who holds a lease, and the other one */
export function rolesOf(nodes: readonly WorkerNode[], holder: string | undefined) {
  const worker = nodes.find((node) => node.worker === holder)
  const other = nodes.find((node) => node !== worker)
  if (!worker || !other) throw new Error(`no node is ${holder}`)
  return { worker, other }
}
