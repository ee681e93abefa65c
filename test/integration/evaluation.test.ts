import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobState } from '../../gen/crossres/v1/common.js'
import { DegradedSide, type Evaluation, type EvaluationConfig } from '../../gen/crossres/v1/evaluator.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { openObjectStore } from '../../libs/objects/open-object-store.js'
import { repeatPixels } from '../../services/evaluator/enhance/testing/repeat-pixels.js'
import { writeTinyLfw } from '../../services/evaluator/testing/tiny-lfw.js'
import { failureOfCall } from '../fixtures/calls.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'

let folder: string
let stack: TestStack
let objects: ObjectStore
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-evaluation-'))
  await writeTinyLfw(join(folder, 'lfw'))
  stack = await startStack({ dataFolder: join(folder, 'data') })
  objects = await openObjectStore({ kind: 'folder', folder: join(folder, 'data', 'objects') }, 'test')
})
afterAll(async () => {
  await stack.stop()
  await rm(folder, { recursive: true, force: true })
})

const configOf = (config: Partial<EvaluationConfig> = {}) => ({
  protocol: 'lfw',
  dataUri: join(folder, 'lfw'),
  models: ['models/base'],
  resolutions: [16, 0],
  ...config,
})

async function start(id: string, config: Partial<EvaluationConfig> = {}): Promise<string> {
  const { evaluator } = stack.clients
  const { evaluation } = await evaluator.startEvaluation({ evaluationId: id, config: configOf(config) })
  return (evaluation as Evaluation).name
}

async function watch(name: string): Promise<Evaluation[]> {
  const seen: Evaluation[] = []
  for await (const { evaluation } of stack.clients.evaluator.watchEvaluation({ name }))
    seen.push(evaluation as Evaluation)
  return seen
}

const last = (seen: readonly Evaluation[]) => seen.at(-1) as Evaluation

describe('an evaluation', { timeout: 120_000 }, () => {
  it('is watched from the queue to its figures, which lie in the object store with the scores', async () => {
    const seen = await watch(await start('whole'))
    const evaluation = last(seen)
    expect(evaluation).toMatchObject({
      name: 'evaluations/whole',
      state: JobState.SUCCEEDED,
      error: undefined,
      resultUri: 'object:evaluations/whole/report.json',
      reportUri: 'object:evaluations/whole/report.html',
    })
    expect(evaluation.config?.models).toEqual([expect.stringMatching(/^models\/base\/versions\/[0-9a-f]{12}$/)])
    expect(seen.some(({ state }) => state === JobState.RUNNING)).toBe(true)
    const tar = evaluation.metrics.filter(({ metric, parameter }) => metric === 'tar_at_far' && parameter === 0.1)
    expect(tar.map(({ probeResolution, galleryResolution }) => [probeResolution, galleryResolution])).toEqual([
      [16, 0],
      [0, 0],
    ])
    for (const { value, low, high, count, protocol } of tar) {
      expect(protocol).toBe('lfw')
      expect(count).toBe(4n)
      expect(low).toBeLessThanOrEqual(value)
      expect(value).toBeLessThanOrEqual(high)
    }

    const report = JSON.parse(Buffer.from((await objects.get('evaluations/whole/report.json')).body).toString())
    expect(Object.keys(report.resolutions)).toEqual(['16', 'full'])
    expect(report.resolutions.full.tar_at_far['0.1'].value).toBe(tar[1]?.value)
    const keys: string[] = []
    for await (const { key } of objects.list('evaluations/whole/scores/')) keys.push(key)
    expect(keys).toHaveLength(2)
    const page = Buffer.from((await objects.get('evaluations/whole/report.html')).body).toString()
    expect(page).toContain('<figcaption>ROC, ')
    expect(page).not.toContain('<img')
    const rows = await parquetReadObjects({ file: Uint8Array.from((await objects.get(keys[0] as string)).body).buffer })
    expect(rows).toHaveLength(8)
    expect(rows[0]).toEqual({
      reference: 'Ada_A/Ada_A_0001.jpg',
      probe: 'Ada_A/Ada_A_0002.jpg',
      mated: 1,
      fold: 0,
      reference_subject: 'Ada_A',
      probe_subject: 'Ada_A',
      score: expect.closeTo(0.9, 0),
    })
  })

  it('enhances probes by a network of the object store, and shows faces where that is asked for', async () => {
    await objects.put('enhancers/twice.onnx', repeatPixels())
    const enhanceModel = 'object:enhancers/twice.onnx'
    const config = { enhanceModel, enhanceRange: 1, enhanceBelow: 40, thumbnails: true }
    const evaluation = last(await watch(await start('enhanced', config)))
    expect(evaluation).toMatchObject({ state: JobState.SUCCEEDED, config, progress: { warning: '' } })
    const { body } = await objects.get('evaluations/enhanced/report.json')
    const { enhancer, software } = JSON.parse(Buffer.from(body).toString())
    expect(enhancer).toMatchObject({ model: enhanceModel, scale: 2, below: 40 })
    expect(software).toMatch(/^\d+\.\d+\.\d+/)
    const page = Buffer.from((await objects.get('evaluations/enhanced/report.html')).body).toString()
    expect(page).toContain('<img alt="Gallery: Ada_A, Ada_A/Ada_A_0001.jpg, full resolution"')
  })

  it('keeps its figures where its page cannot be drawn, and says so', async () => {
    await objects.put('evaluations/no-page/scores/broken.parquet', Buffer.from('PAR1'))
    const evaluation = last(await watch(await start('no-page')))
    expect(evaluation).toMatchObject({
      state: JobState.SUCCEEDED,
      resultUri: 'object:evaluations/no-page/report.json',
      reportUri: '',
      progress: { warning: expect.stringContaining('broken.parquet') },
    })
    expect(evaluation.metrics.length).toBeGreaterThan(0)
    expect(await objects.head('evaluations/no-page/report.json')).toBeDefined()
  })

  it('fails with what is wrong with its data', async () => {
    const evaluation = last(await watch(await start('no-data', { dataUri: join(folder, 'nowhere') })))
    expect(evaluation.state).toBe(JobState.FAILED)
    expect(evaluation.error).toMatchObject({
      reason: 'PROTOCOL_DATA_MISSING',
      message: expect.stringContaining('vis-www.cs.umass.edu'),
    })
  })

  it('is listed newest first, and found by its name alone', async () => {
    const { evaluator } = stack.clients
    const { evaluations, nextPageToken } = await evaluator.listEvaluations({ pageSize: 1 })
    expect(evaluations.map(({ name }) => name)).toEqual(['evaluations/no-data'])
    const rest = await evaluator.listEvaluations({ pageToken: nextPageToken })
    expect(rest.evaluations.map(({ name }) => name)).toEqual(
      ['no-page', 'enhanced', 'whole'].map((id) => `evaluations/${id}`),
    )
    const { evaluation } = await evaluator.getEvaluation({ name: 'evaluations/whole' })
    expect(evaluation).toEqual(rest.evaluations.at(-1))
    expect(await failureOfCall(evaluator.getEvaluation({ name: 'evaluations/none' }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'EVALUATION_NOT_FOUND',
    })
  })

  it('is cancelled while it waits, and not twice', async () => {
    const { evaluator } = stack.clients
    const first = await start('first', { resolutions: [4, 5, 6, 7, 9, 10, 0] })
    const second = await start('second', { degradedSide: DegradedSide.MATRIX })
    const { evaluation } = await evaluator.cancelEvaluation({ name: second })
    expect(evaluation?.state).toBe(JobState.CANCELLED)
    expect(await failureOfCall(evaluator.cancelEvaluation({ name: second }))).toMatchObject({
      status: 'FAILED_PRECONDITION',
      reason: 'EVALUATION_ENDED',
    })
    expect(last(await watch(first)).state).toBe(JobState.SUCCEEDED)
  })

  it('goes on after a restart of its server', async () => {
    const name = await start('left', { resolutions: [11, 12, 13, 14, 15, 0] })
    await stack.stop()
    stack = await startStack({ dataFolder: join(folder, 'data') })
    expect(last(await watch(name))).toMatchObject({ state: JobState.SUCCEEDED })
  })

  it.each([
    ['PROTOCOL_UNKNOWN', { protocol: 'faces' }],
    ['FIELD_MISSING', { dataUri: '' }],
    ['FIELD_INVALID', { dataUri: 'lfw' }],
    ['FIELD_INVALID', { options: { colour: 'red' } }],
    ['MODEL_NOT_FOUND', { models: ['models/nobody'] }],
    ['FIELD_INVALID', { options: { held_out: '0.1' } }],
    ['MODEL_NOT_FOUND', { enhanceModel: 'object:enhancers/nothing.onnx' }],
    ['EVALUATION_ALREADY_EXISTS', {}],
  ] as const)('is refused with %s for %j', async (reason, config) => {
    const id = reason === 'EVALUATION_ALREADY_EXISTS' ? 'whole' : 'refused'
    expect(await failureOfCall(start(id, config as Partial<EvaluationConfig>))).toMatchObject({ reason })
  })
})
