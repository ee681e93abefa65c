import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobState } from '../../gen/crossres/v1/common.js'
import { type Training, TrainingMethod } from '../../gen/crossres/v1/trainer.js'
import { writeSubjects } from '../../libs/dataset/testing/sample-faces.js'
import { until } from '../../libs/events/testing/events.js'
import { parseModelName } from '../../libs/models/model-name.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { ensureBucket } from '../../libs/objects/ensure-bucket.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { openObjectStore } from '../../libs/objects/open-object-store.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { putSmallModel, smallFaceNetwork } from '../../services/trainer/run/testing/small-model.js'
import { decodeRecord } from '../../services/trainer/runs/training-record.js'
import { childrenOf } from '../fixtures/children-of.js'
import { type NatsServer, startNats } from '../fixtures/servers/nats.js'
import { bucketOf, bucketVariables, type S3Server } from '../fixtures/servers/s3-server.js'
import { startSeaweedFs } from '../fixtures/servers/seaweedfs.js'
import { type ServiceProcess, startService } from '../fixtures/service-process.js'

const STEPS = 240
const BATCH = 8
/** After the first checkpoint of validations, well before the second. */
const LOST_AFTER = 60

/** A trainer in a process of its own, with a disk of its own. */
interface Node {
  readonly service: ServiceProcess
  readonly clients: Clients
  /** In the leases of its runs. */
  readonly worker: string
}

let folder: string
let nats: NatsServer
let s3: S3Server
let objects: ObjectStore
let nodes: Node[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-lost-'))
  nats = await startNats()
  s3 = await startSeaweedFs()
  await ensureBucket(bucketOf(s3, 'crossres'))
  objects = await openObjectStore({ kind: 's3', ...bucketOf(s3, 'crossres') })
  await putSmallModel(objects, 'small-face')
  await writeSubjects(join(folder, 'faces'), 6, 4)
  for (const name of ['one', 'two']) nodes.push(await startNode(name))
}, 300_000)
afterAll(async () => {
  for (const { service, clients } of nodes) {
    clients.close()
    await service.kill()
  }
  await nats.stop()
  await s3.stop()
  await rm(folder, { recursive: true, force: true })
})

async function startNode(name: string): Promise<Node> {
  const data = join(folder, name)
  const service = startService('trainer', {
    CROSSRES_DATA: data,
    CROSSRES_IMAGE_THREADS: '1',
    ...bucketVariables(bucketOf(s3, 'crossres')),
    CROSSRES_EVENTS: nats.url,
  })
  const clients = createClients({ address: await service.serving() })
  return { service, clients, worker: await readFile(join(data, 'trainer', 'worker'), 'utf8') }
}

/** Statistics, momentum, a head, a curriculum, and a plateau schedule: all that a checkpoint must hold. */
async function start({ clients }: Node, trainingId: string): Promise<string> {
  const { training } = await clients.trainer.startTraining({
    trainingId,
    config: {
      method: TrainingMethod.T_C,
      baseModel: 'models/small-face',
      dataUri: join(folder, 'faces'),
      resultModel: `models/${trainingId}`,
      seed: 7n,
      settings: {
        images: String(STEPS * BATCH),
        batch: String(BATCH),
        micro_batch: '4',
        validation_every: '320',
        validation_share: '0',
        batch_norm: 'updated',
        flip_probability: '0.5',
        highest_exponent: '5',
      },
    },
  })
  return (training as Training).name
}

/** Watches a run until `enough`, or until it ends. */
async function watch(
  { clients }: Node,
  name: string,
  enough: (training: Training) => boolean = () => false,
): Promise<Training> {
  let last: Training | undefined
  for await (const { training } of clients.trainer.watchTraining({ name })) {
    last = training as Training
    if (enough(last)) break
  }
  return last as Training
}

const recordOf = async (name: string) => decodeRecord((await objects.get(`${name}/training.json`)).body)
const stepOf = ({ progress }: Training) => Number(progress?.step ?? 0)

/** @returns who works on a run, and the other one */
async function rolesOf(name: string): Promise<{ worker: Node; other: Node }> {
  await watch(nodes[0] as Node, name, ({ state }) => state === JobState.RUNNING)
  const { lease } = await recordOf(name)
  const worker = nodes.find((node) => node.worker === lease?.worker)
  const other = nodes.find((node) => node !== worker)
  if (!worker || !other) throw new Error(`${name} is at work nowhere: ${JSON.stringify(lease)}`)
  return { worker, other }
}

async function resultOf({ resultVersion }: Training): Promise<Buffer> {
  const { model, version } = parseModelName(resultVersion)
  return Buffer.from(await createModelRegistry({ objects }).readNetwork(model, version as string))
}

describe.skipIf(process.platform !== 'linux')('trainers of a cluster', () => {
  it('finish what a lost one had, with the weights of an unbroken run', { timeout: 600_000 }, async () => {
    const [one, two] = nodes as [Node, Node]
    const unbroken = await watch(two, await start(one, 'unbroken'))
    expect(unbroken).toMatchObject({ state: JobState.SUCCEEDED, error: undefined })

    // Whoever is asked: the call reaches the run wherever it is at work.
    const stopped = await start(one, 'stopped')
    const { other: bystander } = await rolesOf(stopped)
    await watch(bystander, stopped, (training) => stepOf(training) >= 1)
    const { training: cancelled } = await bystander.clients.trainer.cancelTraining({ name: stopped })
    expect(cancelled).toMatchObject({ state: JobState.CANCELLED, checkpointStep: cancelled?.progress?.step })

    const name = await start(two, 'lost')
    const { worker, other } = await rolesOf(name)
    await watch(worker, name, (training) => stepOf(training) >= LOST_AFTER)
    const victims = [worker.service.child.pid as number, ...(await childrenOf(worker.service.child))]
    const lostAt = performance.now()
    for (const victim of victims) process.kill(victim, 'SIGKILL')
    await worker.service.ended
    worker.clients.close()
    nodes = [other]
    expect(victims.length).toBeGreaterThan(1)
    expect((await other.clients.trainer.getTraining({ name })).training?.state).toBe(JobState.RUNNING)
    const before = await recordOf(name)
    expect(before.lease?.worker).toBe(worker.worker)

    await until(async () => (await recordOf(name)).lease?.worker === other.worker)
    const takenAfter = performance.now() - lostAt
    const steps: number[] = []
    const lost = await watch(other, name, (training) => steps.push(stepOf(training)) === 0)
    console.log(
      `lost at step ${before.progress?.step} of ${STEPS}, checkpoint ${before.checkpointStep}; taken over after ${Math.round(takenAfter)} ms, ended after ${Math.round(performance.now() - lostAt)} ms`,
    )
    expect(lost).toMatchObject({ state: JobState.SUCCEEDED, error: undefined })
    // From the checkpoint, and not from the beginning.
    expect(before.checkpointStep).toBeGreaterThan(0)
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(before.checkpointStep ?? 0)
    expect(lost.progress?.step).toBe(unbroken.progress?.step)
    expect(await resultOf(lost)).toEqual(await resultOf(unbroken))
    expect(await resultOf(lost)).not.toEqual(Buffer.from(smallFaceNetwork()))
  })
})
