import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { EventBus } from '../../libs/events/event-bus.js'
import { createJetStreamEventBus } from '../../libs/events/jetstream.js'
import { until } from '../../libs/events/testing/events.js'
import { ensureBucket } from '../../libs/objects/ensure-bucket.js'
import { openObjectStore } from '../../libs/objects/open-object-store.js'
import { createResumeTraining } from '../../services/trainer/runs/resume-training.js'
import { createScriptedTrainer, type ScriptedTrainer } from '../../services/trainer/runs/testing/scripted-trainer.js'
import type { TrainingRecord } from '../../services/trainer/runs/training-record.js'
import { type NatsServer, startNats } from '../fixtures/servers/nats.js'
import { bucketOf, type S3Server } from '../fixtures/servers/s3-server.js'
import { startSeaweedFs } from '../fixtures/servers/seaweedfs.js'

/** Renewed often, so that a cancellation is heard soon; nobody who is alive is taken for lost. */
const TIMES = { renewMs: 500, giveUpMs: 40_000, lostMs: 60_000 }
const LONG = { steps: 2_000, stepMs: 20 }

interface Replica extends ScriptedTrainer {
  close(): Promise<void>
}

let folder: string
let nats: NatsServer
let s3: S3Server
let replicas: [Replica, Replica]
let count = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-workers-'))
  nats = await startNats()
  s3 = await startSeaweedFs()
  await ensureBucket(bucketOf(s3, 'workers'))
})
afterAll(async () => {
  await nats.stop()
  await s3.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  replicas = [await open(), await open()]
})
afterEach(() => Promise.all(replicas.map((replica) => replica.close())))

/** A trainer in a pod of its own, but for the process. */
async function open(): Promise<Replica> {
  count += 1
  const store = { kind: 's3' as const, ...bucketOf(s3, 'workers') }
  const events: EventBus = createJetStreamEventBus({ servers: [nats.url], closeGraceMs: 0 })
  const objects = await openObjectStore(store)
  const own = { folder: join(folder, String(count)), worker: `replica-${count}` }
  const trainer = createScriptedTrainer({ ...own, objects, store, events, times: TIMES })
  await trainer.queue.takeUp()
  return {
    ...trainer,
    async close() {
      await trainer.queue.close()
      await events.close()
    },
  }
}

/** Watches a run by way of a replica until `enough`, or until it ends. */
async function watch(
  { trainings }: Replica,
  id: string,
  enough: (record: TrainingRecord) => boolean = () => false,
): Promise<TrainingRecord> {
  let last: TrainingRecord | undefined
  for await (const record of trainings.watch(id, new AbortController().signal)) {
    last = record
    if (enough(record)) break
  }
  return last as TrainingRecord
}

const stepOf = ({ progress }: TrainingRecord) => Number(progress?.step ?? 0)

/** @returns who works on a run, and the other one */
async function rolesOf(id: string): Promise<{ worker: Replica; other: Replica }> {
  const [a, b] = replicas
  await until(() => a.started.includes(id) || b.started.includes(id))
  return a.started.includes(id) ? { worker: a, other: b } : { worker: b, other: a }
}

it('runs are shared by the workers, one each, whoever was asked', { timeout: 600_000 }, async () => {
  const [a, b] = replicas
  for (const id of ['first', 'second', 'third']) await a.start(id, LONG)
  await until(() => a.started.length === 1 && b.started.length === 1)
  expect([...a.started, ...b.started].sort()).not.toContain('third')
  expect((await b.trainings.get('third')).state).toBe('queued')
  // At once where it waits; by way of whichever replica where it is at work.
  await b.queue.cancel('third')
  expect((await a.trainings.get('third')).state).toBe('cancelled')
  for (const id of ['first', 'second']) {
    const { other } = await rolesOf(id)
    const seen = await watch(other, id, (record) => stepOf(record) >= 3)
    expect(seen).toMatchObject({ state: 'running' })
    await other.queue.cancel(id)
    const ended = await watch(other, id)
    expect(ended).toMatchObject({ state: 'cancelled', checkpointStep: stepOf(ended) })
    expect(ended.lease).toBeUndefined()
    await expect(other.queue.cancel(id)).rejects.toMatchObject({ reason: 'TRAINING_ENDED' })
  }
  expect([...a.started, ...b.started].sort()).toEqual(['first', 'second'])
})

it('a run goes on elsewhere when its worker leaves, and is never run twice', { timeout: 600_000 }, async () => {
  await replicas[0].start('moving', { steps: 200, stepMs: 20 })
  const { worker, other } = await rolesOf('moving')
  // Asked again and again it is still one.
  worker.queue.add(await worker.trainings.get('moving'))
  other.queue.add(await worker.trainings.get('moving'))
  await other.queue.takeUp()
  await watch(worker, 'moving', (record) => stepOf(record) >= 5)
  await worker.close()
  const left = await other.trainings.get('moving')
  expect(left.checkpointStep).toBeGreaterThanOrEqual(4)
  const goesOn = await watch(other, 'moving', (record) => stepOf(record) > Number(left.checkpointStep))
  expect(goesOn.lease?.worker).toBe(other.trainings.worker)
  expect(await watch(other, 'moving')).toMatchObject({ state: 'succeeded', checkpointStep: 200 })
  expect([worker.started, other.started]).toEqual([['moving'], ['moving']])
})

it('a run is resumed by way of any replica, and one at work elsewhere by none', { timeout: 600_000 }, async () => {
  const resume = ({ trainings, queue }: Replica) => createResumeTraining({ trainings, queue, requireTensorFlow() {} })
  await replicas[0].start('again', LONG)
  const { other } = await rolesOf('again')
  await watch(other, 'again', (record) => stepOf(record) >= 3)
  await expect(resume(other)('again')).rejects.toMatchObject({ reason: 'TRAINING_NOT_RESUMABLE' })
  await other.queue.cancel('again')
  const { checkpointStep = 0 } = await watch(other, 'again')
  await resume(other)('again')
  const onwards = await watch(other, 'again', (record) => record.state === 'running' && stepOf(record) > checkpointStep)
  expect(stepOf(onwards)).toBeGreaterThan(checkpointStep)
  await other.queue.cancel('again')
  expect(replicas.flatMap(({ started }) => started)).toEqual(['again', 'again'])
})
