import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StartTrainingRequest, TrainingMethod } from '../../../gen/crossres/v1/trainer.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import { createModelRegistry, type ModelRegistry } from '../../../libs/models/model-registry.js'
import { smallModel } from '../../../libs/models/testing/small-model.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { createStartTraining } from './start-training.js'
import { createTrainingData } from './training-data.js'
import { createTrainingStore } from './training-store.js'
import { createTrainings, type Trainings } from './trainings.js'

let folder: string
let faces: string
let objects: ObjectStore
let registry: ModelRegistry
let trainings: Trainings
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-start-'))
  faces = join(folder, 'faces')
  await mkdir(faces)
  await writeFile(join(faces, 'one.png'), '')
  objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
  registry = createModelRegistry({ objects })
  const logger = pino({ level: 'silent' })
  trainings = createTrainings({ store: createTrainingStore({ objects, logger }), worker: 'test', logger })
  await add('net')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function add(name: string, seed = 1, changes: Parameters<typeof smallModel>[1] = {}): Promise<string> {
  const { onnx, card } = smallModel(seed, changes)
  return `models/${name}/versions/${await registry.put(name, onnx, card)}`
}

function start(config: Parameters<typeof StartTrainingRequest.fromPartial>[0]['config'], requireTensorFlow = () => {}) {
  const data = createTrainingData({ objects })
  const startTraining = createStartTraining({ registry, data, trainings, defaultModel: 'net', requireTensorFlow })
  const given = { method: TrainingMethod.CROSSRES, dataUri: faces, ...config }
  return startTraining(StartTrainingRequest.fromPartial({ config: given }))
}

describe('starting a training', () => {
  it('names versions, result and settings, and keeps to the version whatever is promoted later', async () => {
    const version = await add('net')
    const record = await start({ settings: { images: '640' }, seed: 9n })
    expect(record).toMatchObject({
      state: 'queued',
      preset: 'default',
      spec: { baseVersion: version, teacherVersion: version, dataUri: faces, resultModel: 'net-crossres' },
    })
    expect(record.spec.settings).toMatchObject({ method: 'crossres', images: 640, seed: 9, optimizer: 'adamw' })
    expect(await trainings.get(record.spec.id)).toEqual(record)
  })

  it('takes the seed of the settings where no other is given', async () => {
    expect((await start({ settings: { seed: '5' } })).spec.settings.seed).toBe(5)
    expect((await start({ settings: { seed: '5' }, seed: 6n })).spec.settings.seed).toBe(6)
  })

  it('shortens a result name that would be too long', async () => {
    await add('n'.repeat(63))
    const { spec } = await start({ baseModel: `models/${'n'.repeat(63)}`, method: TrainingMethod.HEAD_ONLY })
    expect(spec.resultModel).toBe(`${'n'.repeat(53)}-head-only`)
  })

  it('takes a teacher that fits, and no other', async () => {
    const teacher = await add('teacher', 2)
    expect((await start({ teacherModel: 'models/teacher' })).spec.teacherVersion).toBe(teacher)
    await add('wide', 3, { dimension: 72 })
    await add('otherwise', 4, { crop: { kind: 'margin', margin: 0.3, resize: 8 } })
    for (const name of ['wide', 'otherwise']) {
      await expect(start({ teacherModel: `models/${name}` })).rejects.toMatchObject({
        reason: 'TRAINING_TEACHER_MISMATCH',
      })
    }
  })

  it('finds faces in the object store by dataset and by prefix', async () => {
    await objects.put('datasets/lfw/shard-000000.tar', Buffer.from('x'))
    for (const dataUri of ['datasets/lfw', 'datasets/lfw/', 'object:datasets/lfw', 'object:datasets/lfw/']) {
      expect((await start({ dataUri })).spec.dataUri).toBe('object:datasets/lfw')
    }
    await expect(start({ dataUri: 'datasets/lf' })).rejects.toMatchObject({ reason: 'DATASET_NOT_FOUND' })
  })

  it('refuses an empty folder of faces', async () => {
    await rm(join(faces, 'one.png'))
    await expect(start({})).rejects.toMatchObject({ reason: 'DATASET_NOT_FOUND' })
  })

  it('refuses at once where TensorFlow is missing, and keeps nothing', async () => {
    const missing = () => {
      throw new DomainError('TENSORFLOW_MISSING', 'It is not there.')
    }
    await expect(start({}, missing)).rejects.toMatchObject({ reason: 'TENSORFLOW_MISSING' })
    expect(await trainings.list()).toEqual([])
  })
})
