import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DomainError } from '../config/domain-error.js'
import { PoisonError } from '../events/event-bus.js'
import { until } from '../events/testing/events.js'
import { createFolderObjectStore } from '../objects/folder.js'
import type { ObjectStore } from '../objects/object-store.js'
import { createJobWorker, type JobWorker } from './job-worker.js'
import type { LeaseTimes } from './lease-times.js'
import { type TestJob, testJob, testJobs } from './testing/test-jobs.js'

/** Nobody who is alive is taken for lost, however busy the machine is. */
const PATIENT: LeaseTimes = { renewMs: 20, giveUpMs: 30_000, lostMs: 60_000 }
const QUICK: LeaseTimes = { renewMs: 20, giveUpMs: 100, lostMs: 200 }

let folder: string
let objects: ObjectStore
const workers: JobWorker[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-worker-'))
  objects = await createFolderObjectStore({ folder })
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()))
  await rm(folder, { recursive: true, force: true })
})

/** A process that works on jobs; each ends when the test says so, or when it is stopped. */
function replica(name: string, { times = PATIENT, store = objects } = {}) {
  const jobs = testJobs(store, name)
  const log: string[] = []
  let finish = (_: string | undefined) => {}
  const worker = createJobWorker<TestJob, string>({
    jobs,
    reports: {
      async returned(id, result) {
        const end = result === undefined ? { state: 'cancelled' as const } : { state: 'succeeded' as const, result }
        await jobs.changeHeld(id, (record) => ({ ...record, ...end }))
      },
      async failed(id, error) {
        const { reason, message } = error as DomainError
        await jobs.changeHeld(id, (record) => ({
          ...record,
          state: 'failed',
          error: { reason, message, metadata: {} },
        }))
      },
    },
    start({ spec }) {
      log.push(`${spec.id} started`)
      const ended = new Promise<string | undefined>((resolve) => {
        finish = resolve
      })
      const end = (how: string) => () => {
        log.push(how)
        finish(undefined)
      }
      return { ended, stop: end('stopped'), kill: end('killed') }
    },
    times,
    stopWithinMs: 10_000,
    logger: pino({ level: 'silent' }),
  })
  workers.push(worker)
  const work = (id: string) => worker.work(id, { working: () => {} })
  const started = () => until(() => log.includes('one started'))
  return { jobs, log, worker, work, started, finish: (result: string) => finish(result) }
}

describe('a worker', () => {
  it('holds a lease as long as it works, which it renews, and keeps the end', async () => {
    const { jobs, work, started, finish } = replica('a')
    await jobs.create(testJob('one'))
    const working = work('one')
    await started()
    const { state, lease } = await jobs.get('one')
    expect(state).toBe('running')
    expect(lease?.worker).toBe('a')
    await until(async () => ((await jobs.get('one')).lease?.renewTime ?? 0) > (lease?.renewTime ?? 0))
    finish('done')
    await working
    const ended = await jobs.get('one')
    expect(ended).toMatchObject({ state: 'succeeded', result: 'done' })
    expect(ended.lease).toBeUndefined()
    expect(ended.startTime).toBeGreaterThan(1)
  })

  it('begins nothing that has ended, and buries what is not there or cannot be read', async () => {
    const { jobs, work, log } = replica('a')
    await jobs.create(testJob('ended', { state: 'cancelled' }))
    await work('ended')
    await objects.put('jobs/broken/job.json', Buffer.from('{'))
    const nobody = await work('nobody').catch((error: unknown) => error)
    expect(nobody).toBeInstanceOf(PoisonError)
    expect(nobody).toMatchObject({ message: 'TRAINING_NOT_FOUND: About nobody.' })
    await expect(work('broken')).rejects.toThrow('TRAINING_RECORD_INVALID')
    expect(log).toEqual([])
  })

  it('leaves a job to the next when it closes', async () => {
    const [a, b] = [replica('a'), replica('b')]
    await a.jobs.create(testJob('one'))
    const working = a.work('one')
    const left = expect(working).rejects.toMatchObject({ reason: 'JOB_WORKER_STOPS' })
    await a.started()
    await a.jobs.progressed('one', { step: 3 })
    await a.worker.close()
    await left
    expect(a.log).toEqual(['one started', 'stopped'])
    expect(await b.jobs.get('one')).toEqual(
      expect.objectContaining({ state: 'running', progress: { step: 3 }, spec: { id: 'one' } }),
    )
    await a.work('one')
    expect(a.log).toHaveLength(2)
    const taken = b.work('one')
    await b.started()
    b.finish('done')
    await taken
    expect(await a.jobs.get('one')).toMatchObject({ state: 'succeeded' })
  })
})

describe('two workers', () => {
  it('never work on one job', async () => {
    const [a, b] = [replica('a'), replica('b')]
    await a.jobs.create(testJob('one'))
    const working = a.work('one')
    await a.started()
    await expect(b.work('one')).rejects.toMatchObject({ reason: 'JOB_HELD_ELSEWHERE' })
    await expect(a.work('one')).rejects.toMatchObject({ reason: 'JOB_HELD_ELSEWHERE' })
    await expect(b.jobs.changeHeld('one', (record) => ({ ...record, state: 'failed' }))).rejects.toMatchObject({
      reason: 'JOB_HELD_ELSEWHERE',
    })
    a.finish('done')
    await working
    expect(b.log).toEqual([])
    expect(await b.jobs.get('one')).toMatchObject({ state: 'succeeded', result: 'done' })
  })

  it('take over what a lost one had: at once where it was an earlier process of theirs', async () => {
    const lease = { worker: 'lost', renewTime: Date.now() }
    const b = replica('b', { times: QUICK })
    await b.jobs.create(testJob('one', { state: 'running', startTime: 5, lease }))
    const before = performance.now()
    const working = b.work('one')
    await b.started()
    expect(performance.now() - before).toBeGreaterThanOrEqual(QUICK.lostMs)
    expect(await b.jobs.get('one')).toMatchObject({ startTime: 5, lease: { worker: 'b' } })
    b.finish('done')
    await working

    const again = replica('lost')
    await again.jobs.create(testJob('two', { state: 'running', lease }))
    const taken = again.work('two')
    await until(() => again.log.includes('two started'))
    again.finish('done')
    await taken
  })

  it('cancel through each other, also a job that its worker has lost', async () => {
    const [a, b] = [replica('a'), replica('b', { times: QUICK })]
    await a.jobs.create(testJob('one'))
    const working = a.work('one')
    await a.started()
    const request = (id: string) => b.jobs.change(id, (record) => ({ ...record, cancelRequested: true }))
    await request('one')
    await working
    expect(a.log).toEqual(['one started', 'stopped'])
    expect((await b.jobs.get('one')).state).toBe('cancelled')
    expect((await b.jobs.get('one')).cancelRequested).toBeUndefined()

    await a.jobs.create(testJob('two', { state: 'running', lease: { worker: 'lost', renewTime: 1 } }))
    await request('two')
    await b.work('two')
    expect((await a.jobs.get('two')).state).toBe('cancelled')
    expect(b.log).toEqual([])
  })
})

describe('a worker that has lost its lease', () => {
  it('ends its work at once, and keeps nothing of it', async () => {
    const [a, b] = [replica('a'), replica('b')]
    await a.jobs.create(testJob('one'))
    const working = a.work('one')
    await a.started()
    const lease = { worker: 'b', renewTime: 2 }
    await b.jobs.change('one', (record) => ({ ...record, lease }))
    await until(() => a.log.includes('killed'))
    await b.jobs.changeHeld('one', (record) => ({ ...record, state: 'succeeded', result: 'of b' }))
    await working
    expect(a.log).toEqual(['one started', 'killed'])
    expect(await a.jobs.get('one')).toMatchObject({ state: 'succeeded', result: 'of b' })
  })

  it('is one that cannot reach the store for too long', async () => {
    let away = false
    const store: ObjectStore = {
      ...objects,
      async put(...call) {
        if (away) throw new DomainError('STORAGE_UNAVAILABLE', 'It is away.')
        return objects.put(...call)
      },
    }
    const a = replica('a', { times: QUICK, store })
    await a.jobs.create(testJob('one'))
    const working = a.work('one')
    const failed = expect(working).rejects.toMatchObject({ reason: 'STORAGE_UNAVAILABLE' })
    await a.started()
    away = true
    await failed
    expect(a.log).toEqual(['one started', 'killed'])
    away = false
    const again = a.work('one')
    await until(() => a.log.length === 3)
    a.finish('done')
    await again
    expect(await a.jobs.get('one')).toMatchObject({ state: 'succeeded' })
  })
})

it('whoever watches elsewhere sees what changes, and no renewals', { timeout: 60_000 }, async () => {
  const [a, b] = [replica('a'), replica('b')]
  await a.jobs.create(testJob('one'))
  const seen: string[] = []
  const watching = (async () => {
    for await (const { state, progress } of b.jobs.watch('one', new AbortController().signal))
      seen.push(`${state} ${progress?.step ?? 0}`)
  })()
  await until(() => seen.length === 1)
  const working = a.work('one')
  await until(() => seen.length === 2)
  await a.jobs.progressed('one', { step: 1 })
  await until(() => seen.length === 3)
  a.finish('done')
  await Promise.all([working, watching])
  expect(seen).toEqual(['queued 0', 'running 0', 'running 1', 'succeeded 1'])
})
