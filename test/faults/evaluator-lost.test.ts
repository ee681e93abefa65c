import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobState } from '../../gen/crossres/v1/common.js'
import type { Evaluation } from '../../gen/crossres/v1/evaluator.js'
import { until } from '../../libs/events/testing/events.js'
import { decodeRecord } from '../../services/evaluator/evaluations/evaluation-record.js'
import { writeTinyLfw } from '../../services/evaluator/testing/tiny-lfw.js'
import { putSmallModel } from '../../services/trainer/run/testing/small-model.js'
import { rolesOf, startWorkerNodes, type WorkerNode, type WorkerNodes } from './worker-nodes.js'

// Enough to be at work for some seconds.
const RESOLUTIONS = Array.from({ length: 20 }, (_, index) => index + 8)

let cluster: WorkerNodes
let nodes: [WorkerNode, WorkerNode]

beforeAll(async () => {
  cluster = await startWorkerNodes('evaluator')
  await putSmallModel(cluster.objects, 'small-face')
  await writeTinyLfw(join(cluster.folder, 'lfw'))
  nodes = [await cluster.start('one'), await cluster.start('two')]
}, 300_000)
afterAll(() => cluster.stop())

async function start({ clients }: WorkerNode, evaluationId: string): Promise<string> {
  const config = {
    protocol: 'lfw',
    dataUri: join(cluster.folder, 'lfw'),
    models: ['models/small-face'],
    resolutions: RESOLUTIONS,
  }
  return (await clients.evaluator.startEvaluation({ evaluationId, config })).evaluation?.name as string
}

/** Watches an evaluation until `enough`, or until it ends. */
async function watch(
  { clients }: WorkerNode,
  name: string,
  enough: (evaluation: Evaluation) => boolean = () => false,
): Promise<Evaluation> {
  let last: Evaluation | undefined
  for await (const { evaluation } of clients.evaluator.watchEvaluation({ name })) {
    last = evaluation as Evaluation
    if (enough(last)) break
  }
  return last as Evaluation
}

describe.skipIf(process.platform !== 'linux')('evaluators of a cluster', () => {
  it('finish what a lost one had, with the figures of an unbroken run', { timeout: 600_000 }, async () => {
    const [one, two] = nodes
    const unbroken = await watch(two, await start(one, 'unbroken'))
    expect(unbroken).toMatchObject({ state: JobState.SUCCEEDED, error: undefined })

    const name = await start(two, 'lost')
    await watch(one, name, ({ state }) => state === JobState.RUNNING)
    const holder = async () => decodeRecord((await cluster.objects.get(`${name}/evaluation.json`)).body).lease?.worker
    const { worker, other } = rolesOf(nodes, await holder())
    const lostAt = performance.now()
    expect(await cluster.lose(worker)).toBeGreaterThan(1)
    expect((await other.clients.evaluator.getEvaluation({ name })).evaluation?.state).toBe(JobState.RUNNING)

    await until(async () => (await holder()) === other.worker)
    console.log(`taken over after ${Math.round(performance.now() - lostAt)} ms`)
    const lost = await watch(other, name)
    expect(lost).toMatchObject({ state: JobState.SUCCEEDED, error: undefined })
    expect(lost.metrics.length).toBeGreaterThan(RESOLUTIONS.length)
    expect(lost.metrics).toEqual(unbroken.metrics)
  })
})
