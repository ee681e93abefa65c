import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import { newFolder, put, samplePicture, writeSubjects } from '../../../libs/dataset/testing/sample-faces.js'
import { loadTensorFlow, type TensorFlow } from '../../../libs/engine/tensorflow.js'
import { encodePng } from '../../../libs/image/encode.js'
import { parseModelName } from '../../../libs/models/model-name.js'
import { createModelRegistry } from '../../../libs/models/model-registry.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { resolveSettings } from '../scheme/text-settings.js'
import { readMetrics } from './metrics-log.js'
import { runTraining } from './run-training.js'
import type { RunResult, RunSpec } from './run-types.js'
import { putSmallModel } from './testing/small-model.js'

const QUICK = { images: '64', batch: '8', micro_batch: '4', validation_every: '16', validation_share: '0.3' }
const STEPS = 8

let tf: TensorFlow
let folder: string
let objects: ObjectStore
let base: string

beforeAll(async () => {
  tf = await loadTensorFlow()
})
beforeEach(async () => {
  folder = await newFolder()
  objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
  base = await putSmallModel(objects)
  await writeSubjects(join(folder, 'faces'), 6, 4)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function specOf(id: string, method: string, settings: Record<string, string> = {}): RunSpec {
  return {
    id,
    settings: resolveSettings({ method, preset: 'default', settings: { ...QUICK, ...settings } }),
    baseVersion: base,
    teacherVersion: base,
    dataUri: join(folder, 'faces'),
    landmarksUri: '',
    resultModel: id,
  }
}

interface Run extends RunResult {
  readonly progress: readonly TrainingProgress[]
  readonly checkpoints: readonly number[]
}

/** @param until the step after which the run is stopped */
async function run(spec: RunSpec, until = Number.POSITIVE_INFINITY, store = objects): Promise<Run> {
  const stop = new AbortController()
  const progress: TrainingProgress[] = []
  const checkpoints: number[] = []
  const result = await runTraining({ tf, objects: store, cacheFolder: folder, loaderThreads: 1 }, spec, {
    signal: stop.signal,
    checkpointStored: (step) => void checkpoints.push(step),
    progressed(figures) {
      progress.push(figures)
      if (Number(figures.step) >= until) stop.abort()
    },
  })
  return { ...result, progress, checkpoints }
}

async function networkOf(resource = ''): Promise<Buffer> {
  const { model, version } = parseModelName(resource)
  return Buffer.from(await createModelRegistry({ objects }).readNetwork(model, version ?? ''))
}

async function keys(prefix: string): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of objects.list(prefix)) found.push(key)
  return found
}

describe('runTraining', () => {
  it.each(['t-c', 'crossres', 'scratch', 'head-only'])(
    'of %s ends with the same bits after two stops as without, whatever the step',
    async (method) => {
      const whole = await run(specOf(`${method}-whole`, method))
      const stopped = specOf(`${method}-stopped`, method)
      expect((await run(stopped, 3)).resultVersion).toBeUndefined()
      expect((await run(stopped, 5)).checkpoints).toContain(5)
      const resumed = await run(stopped)
      expect(await networkOf(resumed.resultVersion)).toEqual(await networkOf(whole.resultVersion))
      const lines = async (id: string) =>
        (await readMetrics(objects, id)).map((line) => ('losses' in line ? [line.step, line.losses, line.rate] : line))
      expect(await lines(stopped.id)).toEqual(await lines(`${method}-whole`))
    },
  )

  it('tells every step, its losses, its validations and what is left, and keeps two checkpoints and the best weights', async () => {
    const { progress, checkpoints, resultVersion } = await run(specOf('told', 't-c'))
    expect(new Set(progress.map(({ step }) => Number(step)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8]))
    const last = progress.at(-1)!
    expect(last).toMatchObject({ totalSteps: BigInt(STEPS), imagesSeen: 64n, skippedImages: 0n })
    expect(Object.keys(last.losses)).toEqual(expect.arrayContaining(['total', 'classification', 'teacher']))
    expect(last.imagesPerSecond).toBeGreaterThan(0)
    expect(last.degradationProbability).toBe(1)
    expect(Number(last.validation?.step)).toBe(STEPS)
    expect(Object.keys(last.best?.tar ?? {}).sort()).toEqual(['24', 'full'])
    expect(checkpoints).toEqual([2, 4, 6, 8])
    expect(await keys('trainings/told/checkpoints/')).toHaveLength(2)
    expect(await keys('trainings/told/best/')).toHaveLength(1)
    const { card } = await createModelRegistry({ objects }).get(resultVersion ?? '')
    expect(card).toMatchObject({
      parentVersion: parseModelName(base).version,
      training: { method: 't-c', base, teacher: base, settings: { lambda: '0.1' } },
      evaluation: { validation: { step: Number(last.best?.step), score: last.best?.score } },
    })
  })

  it('learns without labels from a flat folder; a method that needs them says so', async () => {
    const flat = join(folder, 'flat')
    for (let i = 0; i < 10; i++) await put(flat, `${i}.png`, await encodePng(samplePicture(i)))
    const spec = { ...specOf('flat', 'crossres', { route_from: '64' }), dataUri: flat }
    const { resultVersion, progress } = await run(spec)
    expect(Object.keys(progress.at(-1)?.best?.tar ?? {})).toHaveLength(2)
    const { card } = await createModelRegistry({ objects }).get(resultVersion ?? '')
    const { model, version } = parseModelName(base)
    expect(card.routing).toEqual([{ from: 64, model, version }])
    await expect(run({ ...spec, ...specOf('flat', 'nt-nc'), dataUri: flat })).rejects.toMatchObject({
      reason: 'TRAINING_LABELS_MISSING',
    })
  })

  it('skips pictures that cannot be read, and says how many', async () => {
    await put(join(folder, 'faces'), 'a/1.jpg', 'no picture')
    await put(join(folder, 'faces'), 'b/1.jpg', 'nor this')
    await put(join(folder, 'faces'), 'c/1.jpg', 'nor this')
    const { progress, resultVersion } = await run(specOf('torn', 't-c', { validation_share: '0' }))
    expect(resultVersion).toBeDefined()
    expect(progress.at(-1)?.skippedImages).toBe(3n)
  })

  it('stops when the numbers do, at a named step, and goes on from the last good checkpoint', async () => {
    const spec = specOf('wild', 'nt-nc', { learning_rate: '1e30' })
    await expect(run(spec)).rejects.toMatchObject({
      reason: 'TRAINING_DIVERGED',
      metadata: { step: expect.any(String) },
    })
    const calm = { ...specOf('wild', 'nt-nc', { learning_rate: '1e-3' }) }
    expect((await run(calm)).resultVersion).toBeDefined()
  })

  it('leaves whole checkpoints when the disk is full, and ends as if nothing had been', async () => {
    const whole = await run(specOf('roomy', 'crossres'))
    let writes = 0
    const full: ObjectStore = {
      ...objects,
      put: (key, body, options) =>
        ++writes > 5
          ? Promise.reject(new DomainError('STORAGE_FULL', 'The disk is full: make room, then resume.'))
          : objects.put(key, body, options),
    }
    const spec = specOf('full', 'crossres')
    await expect(run(spec, undefined, full)).rejects.toMatchObject({ reason: 'STORAGE_FULL' })
    const resumed = await run(spec)
    expect(await networkOf(resumed.resultVersion)).toEqual(await networkOf(whole.resultVersion))
  })

  it('stops when the faces vanish, and refuses to go on with others', async () => {
    const spec = specOf('gone', 'crossres')
    const away = join(folder, 'away')
    const moving = runTraining({ tf, objects, cacheFolder: folder, loaderThreads: 1 }, spec, {
      signal: new AbortController().signal,
      checkpointStored: () => {},
      progressed: ({ step }) => void (step === 3n && rename(join(folder, 'faces'), away)),
    })
    await expect(moving).rejects.toMatchObject({ reason: 'DATASET_VANISHED' })
    await writeSubjects(join(folder, 'faces'), 5, 4)
    await expect(run(spec)).rejects.toMatchObject({ reason: 'DATASET_CHANGED' })
  })
})
