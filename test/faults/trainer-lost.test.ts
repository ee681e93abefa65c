import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobState } from '../../gen/crossres/v1/common.js'
import { type Training, TrainingMethod } from '../../gen/crossres/v1/trainer.js'
import { writeSubjects } from '../../libs/dataset/testing/sample-faces.js'
import { until } from '../../libs/events/testing/events.js'
import { parseModelName } from '../../libs/models/model-name.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { putSmallModel, smallFaceNetwork } from '../../services/trainer/run/testing/small-model.js'
import { decodeRecord } from '../../services/trainer/runs/training-record.js'
import { rolesOf, startWorkerNodes, type WorkerNode, type WorkerNodes } from './worker-nodes.js'

const STEPS = 240
const BATCH = 8
/** After the first checkpoint of validations, well before the second. */
const LOST_AFTER = 60

let cluster: WorkerNodes
let nodes: WorkerNode[]

beforeAll(async () => {
  cluster = await startWorkerNodes('trainer')
  await putSmallModel(cluster.objects, 'small-face')
  await writeSubjects(join(cluster.folder, 'faces'), 6, 4)
  nodes = [await cluster.start('one'), await cluster.start('two')]
}, 300_000)
afterAll(() => cluster.stop())

/** Statistics, momentum, a head, a curriculum, and a plateau schedule: all that a checkpoint must hold. */
async function start({ clients }: WorkerNode, trainingId: string): Promise<string> {
  const { training } = await clients.trainer.startTraining({
    trainingId,
    config: {
      method: TrainingMethod.T_C,
      baseModel: 'models/small-face',
      dataUri: join(cluster.folder, 'faces'),
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
  { clients }: WorkerNode,
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

const recordOf = async (name: string) => decodeRecord((await cluster.objects.get(`${name}/training.json`)).body)
const stepOf = ({ progress }: Training) => Number(progress?.step ?? 0)

async function rolesIn(name: string) {
  await watch(nodes[0] as WorkerNode, name, ({ state }) => state === JobState.RUNNING)
  return rolesOf(nodes, (await recordOf(name)).lease?.worker)
}

async function resultOf({ resultVersion }: Training): Promise<Buffer> {
  const { model, version } = parseModelName(resultVersion)
  return Buffer.from(await createModelRegistry({ objects: cluster.objects }).readNetwork(model, version as string))
}

describe.skipIf(process.platform !== 'linux')('trainers of a cluster', () => {
  it('finish what a lost one had, with the weights of an unbroken run', { timeout: 600_000 }, async () => {
    const [one, two] = nodes as [WorkerNode, WorkerNode]
    const unbroken = await watch(two, await start(one, 'unbroken'))
    expect(unbroken).toMatchObject({ state: JobState.SUCCEEDED, error: undefined })

    // Whoever is asked: the call reaches the run wherever it is at work.
    const stopped = await start(one, 'stopped')
    const { other: bystander } = await rolesIn(stopped)
    await watch(bystander, stopped, (training) => stepOf(training) >= 1)
    const { training: cancelled } = await bystander.clients.trainer.cancelTraining({ name: stopped })
    expect(cancelled).toMatchObject({ state: JobState.CANCELLED, checkpointStep: cancelled?.progress?.step })

    const name = await start(two, 'lost')
    const { worker, other } = await rolesIn(name)
    await watch(worker, name, (training) => stepOf(training) >= LOST_AFTER)
    const lostAt = performance.now()
    expect(await cluster.lose(worker)).toBeGreaterThan(1)
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
