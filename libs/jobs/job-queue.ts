import type { Logger } from 'pino'
import type { DomainError } from '../config/domain-error.js'
import { once } from '../config/once.js'
import type { Delivery, Subscription } from '../events/event-bus.js'
import { hasEnded, isFreeFor, type Job, type JobState } from './job.js'
import { createJobWorker, type JobReports, type WorkingJob } from './job-worker.js'
import type { Jobs } from './jobs.js'
import { LEASE_TIMES, type LeaseTimes } from './lease-times.js'

/** The jobs that wait and the jobs at work, in this process and in others that have the same store and bus. */
export interface JobQueue<R = Job<unknown>> {
  /** Begins to work, and looks for what nobody works on: first what was at work, then what waited; from now on also every few minutes. */
  takeUp(): Promise<void>
  /** Puts a stored job, QUEUED or left RUNNING, at the end of the queue. */
  add(record: R): void
  /** @returns whether a job is at work, here or, as far as its record says, elsewhere */
  isAtWork(record: R): boolean
  /**
   * Cancels a job: at once where it waits, as soon as it can stop where it is at work.
   * @returns when it has ended, or has not for a while
   * @throws DomainError of the jobs: not found; of the queue: ended; JOB_HELD_ELSEWHERE where it was begun at this very moment
   */
  cancel(id: string): Promise<void>
  /** Stops the jobs at work here; they stay RUNNING, for another process to take up. */
  close(): Promise<void>
}

/** Tells the workers of jobs that wait, whichever process was asked for them. */
export interface JobRequests {
  /** @param queueTime of the job: telling twice of one that was queued once is telling once */
  publish(id: string, queueTime: number): Promise<void>
  /** Gives out what was told, one job at a time, each until `work` returns. */
  subscribe(work: (id: string, delivery: Delivery) => Promise<void>): Promise<Subscription>
}

/** What a queue works with. */
export interface JobQueueDeps<R, Result> {
  readonly jobs: Jobs<R, never>
  readonly requests: JobRequests
  readonly reports: JobReports<Result>
  start(record: R): WorkingJob<Result>
  /** How long a job may take to stop before it is killed, or a caller of `cancel` is answered. */
  readonly stopWithinMs: number
  readonly logger: Logger
  /** Default: LEASE_TIMES. */
  readonly times?: LeaseTimes
  /** The error for a job that cannot be cancelled any more. */
  ended(id: string, state: JobState): DomainError
}

/** How often an idle worker looks for jobs that the bus has lost. */
const LOOK_MS = 5 * 60_000

/** @returns an empty queue */
export function createJobQueue<R extends Job<unknown>, Result>(deps: JobQueueDeps<R, Result>): JobQueue<R> {
  const { jobs, requests, reports, stopWithinMs, logger, times = LEASE_TIMES } = deps
  const worker = createJobWorker({ ...deps, times })
  const subscription = once(() => requests.subscribe(worker.work))
  let looking: NodeJS.Timeout | undefined

  const isAtWork = ({ spec, lease }: R) => {
    if (worker.isAtWork(spec.id)) return true
    const elsewhere = lease !== undefined && lease.worker !== jobs.worker
    // Clocks differ, and nothing depends on it: who takes the job watches the lease by its own.
    return elsewhere && Date.now() - lease.renewTime < times.lostMs
  }

  /** Answered before: where the bus cannot be told now, the next look does it. */
  async function tell({ spec: { id }, queueTime }: R): Promise<void> {
    try {
      await subscription.get()
      await requests.publish(id, queueTime)
    } catch (err) {
      logger.error({ err, job: id }, 'no worker could be told of a job; it is tried again within minutes')
    }
  }

  async function look(): Promise<void> {
    const left = (await jobs.list()).filter((record) => !hasEnded(record) && !isAtWork(record))
    for (const record of left.sort(inTurn)) await tell(record)
  }

  async function untilEnded(id: string): Promise<void> {
    const patience = AbortSignal.timeout(stopWithinMs)
    try {
      for await (const _ of jobs.watch(id, patience));
    } catch (error) {
      if (!patience.aborted) throw error
    }
  }

  return {
    isAtWork,

    async takeUp() {
      await subscription.get()
      await look()
      looking ??= setInterval(() => {
        if (!worker.isAtWork()) look().catch((err: unknown) => logger.error({ err }, 'jobs could not be looked for'))
      }, LOOK_MS).unref()
    },

    add: (record) => void tell(record),

    async cancel(id) {
      let isHeld = false
      await jobs.change(id, (before) => {
        if (hasEnded(before)) throw deps.ended(id, before.state)
        isHeld = worker.isAtWork(id) || !isFreeFor(before, jobs.worker)
        return isHeld ? { ...before, cancelRequested: true } : before
      })
      if (!isHeld) return reports.returned(id, undefined)
      worker.cancel(id)
      await untilEnded(id)
    },

    async close() {
      clearInterval(looking)
      const taken = await subscription.made()
      // In this order and at once: what comes after the worker has begun to close is not for it.
      const unsubscribed = taken?.close()
      await worker.close()
      await unsubscribed
    },
  }
}

function inTurn(a: Job<unknown>, b: Job<unknown>): number {
  if (a.state !== b.state) return a.state === 'running' ? -1 : 1
  return a.queueTime - b.queueTime
}
