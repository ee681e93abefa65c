import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobState } from '../../gen/crossres/v1/common.js'
import { type Training, TrainingMethod } from '../../gen/crossres/v1/trainer.js'
import { writeSubjects } from '../../libs/dataset/testing/sample-faces.js'
import { parseModelName } from '../../libs/models/model-name.js'
import { createModelRegistry, type ModelRegistry } from '../../libs/models/model-registry.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { readOnnx } from '../../libs/onnx/read-onnx.js'
import { createRandom } from '../../libs/random/random.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { readTensors } from '../../services/trainer/checkpoint/safetensors.js'
import { putSmallModel, smallFaceNetwork } from '../../services/trainer/run/testing/small-model.js'
import { childrenOf } from '../fixtures/children-of.js'
import { type ServiceProcess, startService } from '../fixtures/service-process.js'

const KILLS = 10
const MODEL = 'models/small-face'
const STEPS = 240
const BATCH = 8
/** The share of the run that the kills are spread over: progress is told late, and the last one must not come after the end. */
const KILLS_WITHIN = 0.6
const MOMENTS_MS = 100

let folder: string
let data: string
let objects: ObjectStore
let registry: ModelRegistry
let service: ServiceProcess | undefined
let clients: Clients

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-train-kill-'))
  data = join(folder, 'data')
  objects = await createFolderObjectStore({ folder: join(data, 'objects') })
  registry = createModelRegistry({ objects })
  await putSmallModel(objects, 'small-face')
  await writeSubjects(join(folder, 'faces'), 6, 4)
  await startTrainer()
})
afterAll(async () => {
  clients.close()
  await service?.kill()
  await rm(folder, { recursive: true, force: true })
})

async function startTrainer(): Promise<void> {
  service = startService('trainer', { CROSSRES_DATA: data, CROSSRES_IMAGE_THREADS: '1' })
  clients = createClients({ address: await service.serving() })
}

/** Statistics, momentum, a head, a curriculum, and a plateau schedule: all that a checkpoint must hold. */
async function start(trainingId: string): Promise<string> {
  const { training } = await clients.trainer.startTraining({
    trainingId,
    config: {
      method: TrainingMethod.T_C,
      baseModel: MODEL,
      dataUri: join(folder, 'faces'),
      resultModel: `models/${trainingId}`,
      seed: 7n,
      settings: {
        images: String(STEPS * BATCH),
        batch: String(BATCH),
        micro_batch: '4',
        validation_every: '160',
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
async function watch(name: string, enough: (training: Training) => boolean = () => false): Promise<Training> {
  let last: Training | undefined
  for await (const { training } of clients.trainer.watchTraining({ name })) {
    last = training as Training
    if (enough(last)) break
  }
  return last as Training
}

const stepOf = ({ progress }: Training) => Number(progress?.step ?? 0)

/** Kills the run's process, or the service, or both at once. */
async function kill(number: number): Promise<void> {
  const { child } = service as ServiceProcess
  const children = await childrenOf(child)
  const { pid } = child
  const victims = [children, [pid as number], [pid as number, ...children]][number % 3] as number[]
  for (const victim of victims) {
    try {
      process.kill(victim, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  if (!victims.includes(pid as number)) return
  await service?.ended
  clients.close()
  await startTrainer()
}

const resultOf = async ({ resultVersion }: Training) => {
  const { model, version } = parseModelName(resultVersion)
  return Buffer.from(await registry.readNetwork(model, version as string))
}

/** Every object must be whole. @returns the keys */
async function readEveryObject(): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of objects.list('')) {
    const { body } = await objects.get(key)
    const text = Buffer.from(body).toString()
    if (key.endsWith('.json')) JSON.parse(text)
    else if (key.endsWith('.jsonl')) for (const line of text.trim().split('\n')) JSON.parse(line)
    else if (key.endsWith('.onnx')) readOnnx(body)
    else if (key.endsWith('.safetensors')) readTensors(body)
    else expect(key).toMatch(/\/(production|report\.html)$/)
    keys.push(key)
  }
  return keys
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

describe.skipIf(process.platform !== 'linux')('a training under kill -9', () => {
  it(`ends with the weights of an unbroken one, after ${KILLS} kills`, { timeout: 300_000 }, async () => {
    const unbroken = await watch(await start('unbroken'))
    expect(unbroken).toMatchObject({ state: JobState.SUCCEEDED, error: undefined })

    const name = await start('killed')
    const random = createRandom(20_251n)
    const killedAt: number[] = []
    for (let number = 0; number < KILLS; number++) {
      const step = (STEPS * KILLS_WITHIN * (number + random.uniform())) / KILLS
      const seen = await watch(name, (training) => stepOf(training) >= step)
      expect(seen.state).toBe(JobState.RUNNING)
      // Anywhere in a step.
      await sleep(random.uniform() * MOMENTS_MS)
      killedAt.push(stepOf(seen))
      await kill(number)
    }
    const killed = await watch(name)
    console.log(`killed at steps ${killedAt.join(', ')} of ${STEPS}`)
    expect(killed).toMatchObject({ state: JobState.SUCCEEDED, error: undefined })
    expect(killed.progress?.step).toBe(unbroken.progress?.step)
    expect(await resultOf(killed)).toEqual(await resultOf(unbroken))
    expect(await resultOf(killed)).not.toEqual(Buffer.from(smallFaceNetwork()))

    const keys = await readEveryObject()
    const left = (id: string) =>
      keys.filter((key) => key.startsWith(`trainings/${id}/`)).map((key) => key.slice(10 + id.length))
    expect(left('killed')).toEqual(left('unbroken'))
    expect(await filesBelow(join(data, 'objects', '+drafts'))).toEqual([])
  })
})
