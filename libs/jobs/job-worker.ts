import { Status } from 'nice-grpc'
import type { Logger } from 'pino'
import { DomainError } from '../config/domain-error.js'
import { type Delivery, PoisonError } from '../events/event-bus.js'
import { statusOfReason } from '../rpc/status-of-reason.js'
import { hasEnded, type Job } from './job.js'
import { jobHeldElsewhere } from './job-problem.js'
import type { Jobs } from './jobs.js'
import { keepLease } from './keep-lease.js'
import type { LeaseTimes } from './lease-times.js'
import { takeJob } from './take-job.js'
import { within } from './within.js'

/** A job at work. */
export interface WorkingJob<Result> {
  /** @returns its result; undefined where it was stopped. @throws DomainError why it failed */
  readonly ended: Promise<Result | undefined>
  /** Asks for its end at the next good place. */
  stop(): void
  /** Ends it whatever it is doing. */
  kill(): void
}

/** Keeps what becomes of jobs; its methods throw JOB_HELD_ELSEWHERE where another worker has the job, see Jobs.changeHeld. */
export interface JobReports<Result> {
  /** @param result undefined: the job was cancelled */
  returned(id: string, result: Result | undefined): Promise<void>
  failed(id: string, error: unknown): Promise<void>
}

/** What a worker works with. */
export interface JobWorkerDeps<R, Result> {
  readonly jobs: Pick<Jobs<R, unknown>, 'change' | 'changeHeld' | 'left' | 'worker'>
  readonly reports: JobReports<Result>
  start(record: R): WorkingJob<Result>
  readonly times: LeaseTimes
  /** How long a job may take to stop before it is killed. */
  readonly stopWithinMs: number
  readonly logger: Logger
}

/** Works on jobs; no two workers on one. */
export interface JobWorker {
  /**
   * Works on a job from where it was left to its end, whatever that is; one that has ended is none.
   * @throws PoisonError where there is no such job; DomainError JOB_HELD_ELSEWHERE where another worker is at it, JOB_WORKER_STOPS, and
   *   those of the store: to be tried again
   */
  work(id: string, delivery: Pick<Delivery, 'working'>): Promise<void>
  /** Whether it works on a job, this one where it is named. */
  isAtWork(id?: string): boolean
  /** Cancels a job at work here as soon as it can stop. */
  cancel(id: string): void
  /** Stops the jobs at work; they stay RUNNING, for another worker to take up. What comes now is left alone. */
  close(): Promise<void>
}

interface ActiveJob<Result> {
  cancelled: boolean
  work?: WorkingJob<Result>
  done: Promise<void>
}

/** @returns an idle worker */
export function createJobWorker<R extends Job<unknown>, Result>(deps: JobWorkerDeps<R, Result>): JobWorker {
  const { jobs, reports, start, times, stopWithinMs, logger } = deps
  const active = new Map<string, ActiveJob<Result>>()
  const closing = new AbortController()

  /** @returns whether the job need not be tried again */
  async function tryToWork(id: string, job: ActiveJob<Result>, working: () => void): Promise<boolean> {
    const record = await takeJob(jobs, id, { times, signal: closing.signal, waiting: working })
    if (hasEnded(record)) return true
    if (record.cancelRequested) return reports.returned(id, undefined).then(() => true)
    const work = start(record)
    job.work = work
    // Whoever wanted it to stop before there was anything to stop.
    if (job.cancelled || closing.signal.aborted) work.stop()
    const lease = keepLease(jobs, id, {
      times,
      logger,
      listener: {
        alive: working,
        renewed: ({ cancelRequested }) => cancelRequested && stop(job),
        lost: work.kill,
      },
    })
    const outcome = await work.ended.then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    )
    if (!(await lease.end())) return false
    if ('error' in outcome) await reports.failed(id, outcome.error)
    else if (outcome.result === undefined && closing.signal.aborted && !job.cancelled) await leave(id)
    else await reports.returned(id, outcome.result)
    return true
  }

  /** Lets another worker take the job at once. */
  async function leave(id: string): Promise<void> {
    await jobs.changeHeld(id, (record) => ({ ...record, lease: undefined }))
    closing.signal.throwIfAborted()
  }

  function stop(job: ActiveJob<Result>): void {
    job.cancelled = true
    job.work?.stop()
  }

  return {
    async work(id, { working }) {
      // Only within one process such an event comes: it was not begun, and the next process looks for what has not ended.
      if (closing.signal.aborted) return
      if (active.has(id)) throw jobHeldElsewhere(id)
      const job: ActiveJob<Result> = { cancelled: false, done: Promise.resolve() }
      active.set(id, job)
      const done = (async () => {
        try {
          while (!(await tryToWork(id, job, working)));
        } catch (error) {
          throw isHopeless(error) ? new PoisonError(`${error.reason}: ${error.message}`, { cause: error }) : error
        } finally {
          active.delete(id)
          jobs.left(id)
        }
      })()
      job.done = done.catch(() => {})
      return done
    },

    isAtWork: (id) => (id === undefined ? active.size > 0 : active.has(id)),

    cancel(id) {
      const job = active.get(id)
      if (job) stop(job)
    },

    async close() {
      closing.abort(new DomainError('JOB_WORKER_STOPS', 'The worker stops, and leaves the job to another.'))
      for (const job of active.values()) job.work?.stop()
      const done = Promise.all([...active.values()].map((job) => job.done))
      await within(stopWithinMs, done)
      for (const job of active.values()) job.work?.kill()
      await done
    },
  }
}

/** There is no such job, or its record is broken: no other try would find it. */
function isHopeless(error: unknown): error is DomainError {
  if (!(error instanceof DomainError)) return false
  const status = statusOfReason(error.reason)
  return status === Status.NOT_FOUND || status === Status.INTERNAL
}
