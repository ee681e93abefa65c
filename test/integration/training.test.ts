import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaceSelection, JobState } from '../../gen/crossres/v1/common.js'
import { type Training, type TrainingConfig, TrainingMethod } from '../../gen/crossres/v1/trainer.js'
import { failureOfCall } from '../fixtures/calls.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'

let folder: string
let faces: string
let stack: TestStack
const restart = async () => {
  await stack.stop()
  stack = await startStack({ dataFolder: join(folder, 'data') })
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-training-'))
  faces = join(folder, 'faces')
  await mkdir(faces)
  for (let number = 1; number <= 6; number++) {
    const small = await sharp(await samplePhotograph(number))
      .resize(150, 150)
      .png()
      .toBuffer()
    await writeFile(join(faces, `${number}.png`), small)
  }
  stack = await startStack({ dataFolder: join(folder, 'data') })
})
afterAll(async () => {
  await stack.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Three steps of four images. */
const SHORT = {
  images: '12',
  batch: '4',
  micro_batch: '2',
  validation_every: '8',
  validation_share: '0',
  bank_size: '8',
  warm_up_steps: '1',
  route_from: '0',
}

const configOf = (config: Partial<TrainingConfig> = {}) => ({
  method: TrainingMethod.CROSSRES,
  baseModel: 'models/base',
  dataUri: faces,
  ...config,
  settings: { ...SHORT, ...config.settings },
})

async function start(trainingId: string, config: Partial<TrainingConfig> = {}): Promise<string> {
  const { training } = await stack.clients.trainer.startTraining({ trainingId, config: configOf(config) })
  return (training as Training).name
}

/** Watches a run until `enough`, or until it ends. */
async function watch(name: string, enough: (training: Training) => boolean = () => false): Promise<Training[]> {
  const seen: Training[] = []
  for await (const { training } of stack.clients.trainer.watchTraining({ name })) {
    seen.push(training as Training)
    if (enough(training as Training)) break
  }
  return seen
}

const last = (seen: readonly Training[]) => seen.at(-1) as Training
const stepOf = ({ progress }: Training) => Number(progress?.step ?? 0)

describe('a training', { timeout: 240_000 }, () => {
  it('is watched from the queue to its result, which embeds faces at once', async () => {
    const name = await start('whole')
    const seen = await watch(name)
    const training = last(seen)
    expect(training).toMatchObject({ state: JobState.SUCCEEDED, error: undefined, checkpointStep: 3n })
    expect(training.progress).toMatchObject({ step: 3n, totalSteps: 3n, imagesSeen: 12n, skippedImages: 0n })
    expect(training.progress?.losses.teacher).toBeGreaterThan(0)
    expect(seen.length).toBeGreaterThan(2)
    const times = [training.createTime, training.startTime, training.endTime].map((time) => time?.getTime() ?? 0)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times[0]).toBeGreaterThan(0)

    // What was chosen is named in full.
    const { config, resultVersion } = training
    const base = (await stack.clients.embedder.getModel({ name: 'models/base' })).model?.name
    expect(config).toMatchObject({
      method: TrainingMethod.CROSSRES,
      preset: 'default',
      baseModel: base,
      teacherModel: base,
    })
    expect(config).toMatchObject({ dataUri: faces, resultModel: 'models/base-crossres' })
    expect(config?.settings).toMatchObject({ ...SHORT, optimizer: 'adamw', learning_rate: '0.005' })
    expect(resultVersion).toMatch(/^models\/base-crossres\/versions\/[0-9a-f]{12}$/)

    const picture = { source: { $case: 'content' as const, value: await samplePhotograph(1) } }
    const embed = async (model: string) => {
      const { faces } = await stack.clients.embedder.embed({ image: picture, faces: FaceSelection.LARGEST, model })
      return faces[0]?.embedding
    }
    const [before, after] = [await embed('models/base'), await embed('models/base-crossres')]
    expect(after?.modelVersion).toBe(resultVersion)
    expect(after?.values.equals(before?.values as Buffer)).toBe(false)
  })

  it('is cancelled with a checkpoint, taken up by the next process, and resumed where it was cancelled', async () => {
    const name = await start('long', { settings: { images: '4000', micro_batch: '4' } })
    const queued = await start('behind', { settings: { validation_share: '0.34' } })
    await watch(name, (training) => stepOf(training) >= 2)
    expect((await stack.clients.trainer.getTraining({ name: queued })).training?.state).toBe(JobState.QUEUED)

    // Whoever watches hears that the server goes; the run stays RUNNING, its last step in the store.
    const watching = watch(name)
    const hangsUp = failureOfCall(watching)
    await restart()
    expect(await hangsUp).toMatchObject({ status: 'UNAVAILABLE' })
    const left = (await stack.clients.trainer.getTraining({ name })).training as Training
    expect(left.state).toBe(JobState.RUNNING)
    expect(left.checkpointStep).toBeGreaterThanOrEqual(2n)
    const stop = Number(left.checkpointStep)
    const onwards = await watch(name, (training) => stepOf(training) > stop + 1)
    // It may have gone on before the others were warm.
    expect(Math.min(...onwards.map(stepOf))).toBeGreaterThanOrEqual(stop)

    const cancelled = (await stack.clients.trainer.cancelTraining({ name })).training as Training
    expect(cancelled).toMatchObject({ state: JobState.CANCELLED, checkpointStep: cancelled.progress?.step })
    expect(await failureOfCall(stack.clients.trainer.cancelTraining({ name }))).toMatchObject({
      status: 'FAILED_PRECONDITION',
      reason: 'TRAINING_ENDED',
    })
    const behind = last(await watch(queued))
    expect(behind.state).toBe(JobState.SUCCEEDED)
    expect(Object.keys(behind.progress?.validation?.tar ?? {})).toEqual(['24', 'full'])

    const { training: again } = await stack.clients.trainer.resumeTraining({ name })
    expect(again).toMatchObject({ checkpointStep: cancelled.checkpointStep, endTime: undefined })
    const resumed = await watch(name, (training) => stepOf(training) > stepOf(cancelled))
    expect(Math.min(...resumed.map(stepOf))).toBe(stepOf(cancelled))
    await stack.clients.trainer.cancelTraining({ name })
  })

  it('is listed newest first, page by page', async () => {
    const { trainer } = stack.clients
    await trainer.cancelTraining({ name: await start('', { settings: { images: '4000' } }) })
    const names: string[] = []
    let pageToken = ''
    do {
      const page = await trainer.listTrainings({ pageSize: 2, pageToken })
      names.push(...page.trainings.map(({ name }) => name))
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    expect(names.slice(-3)).toEqual(['trainings/behind', 'trainings/long', 'trainings/whole'])
    expect(names[0]).toMatch(/^trainings\/\d{8}-\d{6}-[0-9a-f]{6}$/)
    expect(names).toHaveLength(4)
  })

  it('fails in the open where the faces do not fit the method', async () => {
    const name = await start('unlabelled', { method: TrainingMethod.T_C })
    const training = last(await watch(name))
    expect(training).toMatchObject({
      state: JobState.FAILED,
      error: { code: 3, reason: 'TRAINING_LABELS_MISSING', message: expect.stringContaining('crossres') },
      resultVersion: '',
    })
  })
})

describe('a training is refused at once', () => {
  const refusal = (config: Partial<TrainingConfig>, trainingId = 'refused') =>
    failureOfCall(stack.clients.trainer.startTraining({ trainingId, config: configOf(config) }))

  it('for settings that cannot be used, each named', async () => {
    const failure = await refusal({ settings: { learning_rate: '-1', colour: 'red', batch: 'many' } })
    expect(failure).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'TRAINING_SETTING_INVALID' })
    for (const name of ['learning_rate', 'colour', 'batch']) expect(failure.message).toContain(name)
    expect(await refusal({ preset: 'paper' })).toMatchObject({ reason: 'TRAINING_SETTING_INVALID' })
    expect(await refusal({ method: TrainingMethod.UNSPECIFIED })).toMatchObject({ reason: 'FIELD_MISSING' })
    expect(await refusal({ seed: 2n ** 60n })).toMatchObject({
      reason: 'TRAINING_SETTING_INVALID',
      message: expect.stringContaining('seed'),
    })
  })

  it('for models that are not there, or do not fit', async () => {
    for (const models of [{ baseModel: 'models/nobody' }, { teacherModel: 'models/nobody' }]) {
      expect(await refusal(models)).toMatchObject({ status: 'NOT_FOUND', reason: 'MODEL_NOT_FOUND' })
    }
    expect(await refusal({ method: TrainingMethod.C, teacherModel: 'models/base' })).toMatchObject({
      status: 'INVALID_ARGUMENT',
      message: expect.stringContaining('no teacher'),
    })
    for (const resultModel of ['models/base', 'models/default']) {
      expect(await refusal({ resultModel })).toMatchObject({ reason: 'MODEL_NAME_RESERVED' })
    }
    expect(await refusal({ resultModel: 'models/Upper' })).toMatchObject({ reason: 'MODEL_NAME_INVALID' })
  })

  it('for faces that are not there', async () => {
    const missing = { status: 'NOT_FOUND', reason: 'DATASET_NOT_FOUND' }
    for (const dataUri of [join(folder, 'nowhere'), 'object:datasets/none', 'datasets/none']) {
      expect(await refusal({ dataUri })).toMatchObject(missing)
    }
    expect(await refusal({ landmarksUri: join(folder, 'none.csv') })).toMatchObject(missing)
    expect(await refusal({ dataUri: 'faces' })).toMatchObject({ reason: 'FIELD_INVALID' })
    expect(await refusal({ dataUri: '' })).toMatchObject({ reason: 'FIELD_MISSING' })
    expect(await refusal({ dataUri: 's3://bucket/faces' })).toMatchObject({ reason: 'URI_UNSUPPORTED' })
  })

  it('for a name that is taken or none, and nothing of a refused one is kept', async () => {
    expect(await refusal({}, 'whole')).toMatchObject({ status: 'ALREADY_EXISTS', reason: 'TRAINING_ALREADY_EXISTS' })
    expect(await refusal({}, 'No Id')).toMatchObject({ reason: 'NAME_INVALID' })
    const { trainer } = stack.clients
    expect(await failureOfCall(trainer.getTraining({ name: 'trainings/refused' }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'TRAINING_NOT_FOUND',
    })
    expect(await failureOfCall(watch('trainings/refused'))).toMatchObject({ status: 'NOT_FOUND' })
    expect(await failureOfCall(trainer.resumeTraining({ name: 'trainings/whole' }))).toMatchObject({
      status: 'FAILED_PRECONDITION',
      reason: 'TRAINING_NOT_RESUMABLE',
    })
  })
})
