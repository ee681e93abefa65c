import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventBus } from '../../../libs/events/event-bus.js'
import { onEvent } from '../../../libs/events/event-types.js'
import { createInProcessEventBus } from '../../../libs/events/in-process.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { createResumeTraining } from './resume-training.js'
import type { RunQueue } from './run-queue.js'
import { createScriptedTrainer, type ScriptedTrainer } from './testing/scripted-trainer.js'
import type { TrainingRecord } from './training-record.js'
import type { Trainings } from './trainings.js'

let folder: string
let objects: ObjectStore
let events: EventBus
let trainings: Trainings
let queue: RunQueue
let start: ScriptedTrainer['start']
let started: readonly string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-queue-'))
  objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
  open()
})
afterEach(async () => {
  await queue.close()
  await rm(folder, { recursive: true, force: true })
})

/** A service that has just been started. */
function open(): void {
  events = createInProcessEventBus()
  const store = { kind: 'folder' as const, folder: join(folder, 'objects') }
  const trainer = createScriptedTrainer({ folder, objects, store, events })
  ;({ trainings, queue, start, started } = trainer)
}

/** Watches a run until `enough`, or until it ends. */
async function watch(id: string, enough: (record: TrainingRecord) => boolean = () => false): Promise<TrainingRecord[]> {
  const seen: TrainingRecord[] = []
  for await (const record of trainings.watch(id, new AbortController().signal)) {
    seen.push(record)
    if (enough(record)) break
  }
  return seen
}

const end = async (id: string) => (await watch(id)).at(-1) as TrainingRecord
const stepOf = ({ progress }: TrainingRecord) => Number(progress?.step ?? 0)

describe('the queue', () => {
  it('runs one after the other, first come first served, and keeps how each ended', async () => {
    await start('first', { steps: 4 })
    await start('second', { script: 'fail@3' })
    await start('third')
    expect((await trainings.get('third')).state).toBe('queued')
    expect(await end('third')).toMatchObject({ state: 'succeeded', checkpointStep: 4 })
    const first = await trainings.get('first')
    expect(first).toMatchObject({ state: 'succeeded', resultVersion: 'models/scripted/versions/0123456789ab' })
    expect(stepOf(first)).toBe(4)
    expect(await trainings.get('second')).toMatchObject({
      state: 'failed',
      error: { reason: 'TRAINING_DIVERGED', message: 'The script says so.', metadata: { step: '3' } },
      checkpointStep: 2,
    })
    expect(started).toEqual(['first', 'second', 'third'])
    const page = Buffer.from((await objects.get('trainings/second/report.html')).body).toString()
    expect(page).toContain('It failed: TRAINING_DIVERGED</p><p>The script says so.')
    const [ended, began] = [first.endTime as number, (await trainings.get('second')).startTime as number]
    expect(began).toBeGreaterThanOrEqual(ended)
  })

  it('tries a run again whose process died, from its checkpoint', async () => {
    await start('killed', { steps: 6, script: 'die-once@5' })
    expect(await end('killed')).toMatchObject({ state: 'succeeded', checkpointStep: 6 })
    expect(started).toEqual(['killed', 'killed'])
  })

  it('gives a run up that dies again and again without getting further', async () => {
    await start('dying', { steps: 6, script: 'die@5' })
    expect(await end('dying')).toMatchObject({
      state: 'failed',
      error: { reason: 'TRAINING_PROCESS_DIED', message: expect.stringContaining('SIGKILL') },
      checkpointStep: 4,
    })
    expect(started).toHaveLength(4)
    await start('crashing', { script: 'crash@1' })
    const { error } = await end('crashing')
    expect(error?.message).toContain('ended with code 1')
  })

  it('cancels what waits at once, and what is at work after its step, with a checkpoint', async () => {
    await start('working', { steps: 1000, stepMs: 20 })
    await start('waiting')
    await queue.cancel('waiting')
    expect(await trainings.get('waiting')).toMatchObject({ state: 'cancelled' })
    await watch('working', (record) => stepOf(record) >= 3)
    await queue.cancel('working')
    const working = await trainings.get('working')
    expect(working).toMatchObject({ state: 'cancelled', checkpointStep: stepOf(working) })
    expect(stepOf(working)).toBeLessThan(1000)
    await expect(queue.cancel('working')).rejects.toMatchObject({ reason: 'TRAINING_ENDED' })
    await expect(queue.cancel('nobody')).rejects.toMatchObject({ reason: 'TRAINING_NOT_FOUND' })
    expect(started).toEqual(['working'])
  })

  it('stops with a checkpoint when it closes; the next one takes up first what was at work', async () => {
    await start('working', { steps: 40, stepMs: 20 })
    await start('waiting', { createTime: 0 })
    const seen = (await watch('working', (record) => stepOf(record) >= 3)).at(-1) as TrainingRecord
    await queue.close()
    const left = await trainings.get('working')
    expect(left.state).toBe('running')
    expect(left.checkpointStep).toBeGreaterThanOrEqual(stepOf(seen))
    open()
    await queue.takeUp()
    expect(await end('waiting')).toMatchObject({ state: 'succeeded' })
    expect(await trainings.get('working')).toMatchObject({ state: 'succeeded', checkpointStep: 40 })
    expect(started).toEqual(['working', 'waiting'])
  })
})

describe('resuming', () => {
  it('goes on at the last checkpoint, and only where there is something to go on with', async () => {
    const resume = createResumeTraining({ trainings, queue, requireTensorFlow: () => {} })
    await start('one', { steps: 1000, stepMs: 20 })
    await expect(resume('one')).rejects.toMatchObject({ reason: 'TRAINING_NOT_RESUMABLE' })
    await watch('one', (record) => stepOf(record) >= 3)
    await queue.cancel('one')
    const { checkpointStep = 0 } = await trainings.get('one')
    expect(await resume('one')).toMatchObject({ state: 'queued', checkpointStep })
    const beyond = await watch('one', (record) => stepOf(record) > checkpointStep + 2)
    const steps = beyond.filter(({ state }) => state === 'running').map(stepOf)
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(checkpointStep)
    await queue.cancel('one')

    await start('two', { steps: 2 })
    await end('two')
    await expect(resume('two')).rejects.toMatchObject({ reason: 'TRAINING_NOT_RESUMABLE' })
    await expect(resume('nobody')).rejects.toMatchObject({ reason: 'TRAINING_NOT_FOUND' })
  })
})

describe('a service that takes up nothing', () => {
  it('leaves runs as they are until they are resumed', async () => {
    await start('left', { steps: 40, stepMs: 20 })
    await watch('left', (record) => stepOf(record) >= 3)
    await queue.close()
    open()
    await start('other', { steps: 2 })
    await end('other')
    expect((await trainings.get('left')).state).toBe('running')
    await createResumeTraining({ trainings, queue, requireTensorFlow: () => {} })('left')
    expect(await end('left')).toMatchObject({ state: 'succeeded', checkpointStep: 40 })
    expect(started).toEqual(['other', 'left'])
  })
})

describe('whoever watches', () => {
  it('sees the run at once, each a stream of its own, and is forgotten when it goes away', async () => {
    await start('watched', { steps: 30, stepMs: 20 })
    const leaving = new AbortController()
    const left = vi.fn()
    const gone = (async () => {
      for await (const record of trainings.watch('watched', leaving.signal)) if (stepOf(record) >= 2) leaving.abort()
    })().catch(left)
    const [one, other] = await Promise.all([watch('watched'), watch('watched'), gone])
    expect(left).toHaveBeenCalledOnce()
    expect(left.mock.calls[0]?.[0]).toMatchObject({ name: 'AbortError' })
    for (const seen of [one, other]) {
      expect(seen[0]).toMatchObject({ spec: { id: 'watched' } })
      expect(seen.length).toBeGreaterThan(3)
      expect(seen.map(stepOf)).toEqual(seen.map(stepOf).toSorted((a, b) => a - b))
      expect(seen.at(-1)).toMatchObject({ state: 'succeeded' })
    }
    expect(await watch('watched')).toHaveLength(1)
    await expect(watch('nobody')).rejects.toMatchObject({ reason: 'TRAINING_NOT_FOUND' })
  })
})

describe('events', () => {
  it('tell of progress, checkpoints and the end', async () => {
    const heard: string[] = []
    await onEvent(events, 'training.progressed', 'test', async ({ training, progress }) => {
      heard.push(`${training} at ${progress?.step}`)
    })
    await onEvent(events, 'checkpoint.stored', 'test', async ({ training, step, uri }) => {
      heard.push(`${training} stored ${step} in ${uri}`)
    })
    await onEvent(events, 'training.finished', 'test', async ({ training }) => {
      heard.push(`${training?.name} made ${training?.resultVersion}`)
    })
    await start('told', { steps: 4 })
    await end('told')
    await queue.close()
    await events.close()
    expect(heard[0]).toMatch(/^trainings\/told at \d$/)
    expect(heard.slice(1).filter((line) => line.includes(' at ')).length).toBeLessThan(4)
    expect(heard).toContain('trainings/told stored 4 in object:trainings/told/checkpoints/step')
    expect(heard.at(-1)).toBe('trainings/told made models/scripted/versions/0123456789ab')
  })
})
