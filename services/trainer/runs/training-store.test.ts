import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { anyProgress } from './testing/any-progress.js'
import { anyRecord } from './testing/any-record.js'
import { createTrainingStore, type TrainingStore } from './training-store.js'

let folder: string
let objects: ObjectStore
let store: TrainingStore
const logged: string[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-trainings-'))
  objects = await createFolderObjectStore({ folder })
  logged.length = 0
  store = createTrainingStore({ objects, logger: pino({}, { write: (line) => void logged.push(line) }) })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the store of trainings', () => {
  it('gives back a record whole, 64-bit integers too', async () => {
    const record = {
      ...anyRecord('one'),
      state: 'failed' as const,
      progress: anyProgress(3, 9),
      error: { reason: 'TRAINING_DIVERGED', message: 'It did.', metadata: { step: '3' } },
      checkpointStep: 2,
      startTime: 5,
      endTime: 6,
    }
    await store.create(record)
    expect(await store.get('one')).toEqual(record)
    await store.create(anyRecord('two'))
    expect(await store.get('two')).toEqual(anyRecord('two'))
  })

  it('refuses an id that is there, and knows one that is not', async () => {
    await store.create(anyRecord('one', { steps: 7 }))
    await expect(store.create(anyRecord('one'))).rejects.toMatchObject({ reason: 'TRAINING_ALREADY_EXISTS' })
    expect((await store.get('one')).spec.settings.images).toBe(7)
    await expect(store.get('two')).rejects.toMatchObject({ reason: 'TRAINING_NOT_FOUND' })
    await expect(store.update('two', (record) => record)).rejects.toMatchObject({ reason: 'TRAINING_NOT_FOUND' })
  })

  it('lists newest first and nothing else, and leaves out what cannot be read', async () => {
    for (const [id, createTime] of [
      ['b', 20],
      ['a', 30],
      ['c', 10],
      ['d', 20],
    ] as const) {
      await store.create(anyRecord(id, { createTime }))
    }
    await objects.put('trainings/a/metrics.jsonl', Buffer.from('{}\n'))
    await objects.put('trainings/broken/training.json', Buffer.from('{"schema":1'))
    expect((await store.list()).map(({ spec }) => spec.id)).toEqual(['a', 'b', 'd', 'c'])
    expect(logged.join()).toContain('TRAINING_RECORD_INVALID')
    await expect(store.get('broken')).rejects.toMatchObject({ reason: 'TRAINING_RECORD_INVALID' })
  })

  it('loses no change of many at once', async () => {
    await store.create(anyRecord('one'))
    const add = () => store.update('one', (record) => ({ ...record, checkpointStep: (record.checkpointStep ?? 0) + 1 }))
    await Promise.all(Array.from({ length: 10 }, add))
    expect((await store.get('one')).checkpointStep).toBe(10)
  })

  it('writes nothing where nothing changes, or where the change is refused', async () => {
    await store.create(anyRecord('one'))
    const etag = async () => (await objects.head('trainings/one/training.json'))?.etag
    const before = await etag()
    await store.update('one', (record) => record)
    const refuse = () => {
      throw new Error('no')
    }
    await expect(store.update('one', refuse)).rejects.toThrow('no')
    expect(await etag()).toBe(before)
  })
})
