import type { Logger } from 'pino'
import type { DomainError } from '../config/domain-error.js'
import { hasEnded, type Job, type JobState } from './job.js'
import type { Jobs } from './jobs.js'

/** The jobs that wait and the jobs at work. */
export interface JobQueue {
  /** Takes up what an earlier process left: first what was at work, then what waited. */
  takeUp(): Promise<void>
  /** Puts a stored job, QUEUED or left RUNNING, at the end of the queue. */
  add(id: string): void
  /** @returns whether a job waits or is at work here */
  has(id: string): boolean
  /**
   * Cancels a job: at once where it waits, as soon as it can stop where it is at work.
   * @returns when it has ended, or has not for a while
   * @throws DomainError of the jobs: not found; of the queue: ended
   */
  cancel(id: string): Promise<void>
  /** Stops the jobs at work; they stay RUNNING, for another process to take up. */
  close(): Promise<void>
}

/** A job at work. */
export interface WorkingJob<Result> {
  /** @returns its result; undefined where it was stopped. @throws DomainError why it failed */
  readonly ended: Promise<Result | undefined>
  /** Asks for its end at the next good place. */
  stop(): void
  /** Ends it whatever it is doing. */
  kill(): void
}

/** Keeps what becomes of jobs. */
export interface JobReports<R, Result> {
  /** @returns the job, RUNNING from now on; as it is where it has ended meanwhile */
  began(id: string): Promise<R>
  /** @param result undefined: the job was cancelled */
  returned(id: string, result: Result | undefined): Promise<void>
  failed(id: string, error: unknown): Promise<void>
}

/** What a queue works with. */
export interface JobQueueDeps<R, Result> {
  readonly jobs: Pick<Jobs<R, unknown>, 'get' | 'list'>
  readonly reports: JobReports<R, Result>
  start(record: R): WorkingJob<Result>
  /** Jobs at work at once, >= 1. */
  readonly atOnce: number
  /** How long a job may take to stop before it is killed, or a caller of `cancel` is answered. */
  readonly stopWithinMs: number
  readonly logger: Logger
  /** The error for a job that cannot be cancelled any more. */
  ended(id: string, state: JobState): DomainError
}

interface ActiveJob<Result> {
  cancelled: boolean
  work?: WorkingJob<Result>
  done: Promise<void>
}

/** @returns an empty queue */
export function createJobQueue<R extends Job<unknown>, Result>(deps: JobQueueDeps<R, Result>): JobQueue {
  const { jobs, reports, start, atOnce, stopWithinMs, logger } = deps
  const waiting: string[] = []
  const active = new Map<string, ActiveJob<Result>>()
  let closing = false

  function pump(): void {
    while (!closing && active.size < atOnce) {
      const at = waiting.findIndex((id) => !active.has(id))
      if (at < 0) return
      begin(waiting.splice(at, 1)[0] as string)
    }
  }

  function begin(id: string): void {
    const job: ActiveJob<Result> = { cancelled: false, done: Promise.resolve() }
    active.set(id, job)
    job.done = work(id, job)
      .catch((err: unknown) => logger.error({ err, job: id }, 'the state of a job could not be stored'))
      .finally(() => {
        active.delete(id)
        pump()
      })
  }

  async function work(id: string, job: ActiveJob<Result>): Promise<void> {
    const record = await reports.began(id)
    if (record.state !== 'running') return
    if (job.cancelled) return reports.returned(id, undefined)
    if (closing) return
    job.work = start(record)
    try {
      const result = await job.work.ended
      const leftForLater = closing && !job.cancelled && result === undefined
      if (!leftForLater) await reports.returned(id, result)
    } catch (error) {
      await reports.failed(id, error)
    }
  }

  return {
    async takeUp() {
      const left = (await jobs.list()).filter((record) => !hasEnded(record))
      waiting.push(...left.sort(inTurn).map(({ spec }) => spec.id))
      pump()
    },

    add(id) {
      waiting.push(id)
      pump()
    },

    has: (id) => active.has(id) || waiting.includes(id),

    async cancel(id) {
      const job = active.get(id)
      if (job) {
        job.cancelled = true
        job.work?.stop()
        return within(stopWithinMs, job.done)
      }
      const at = waiting.indexOf(id)
      if (at >= 0) waiting.splice(at, 1)
      const record = await jobs.get(id)
      if (hasEnded(record)) throw deps.ended(id, record.state)
      await reports.returned(id, undefined)
    },

    async close() {
      closing = true
      const left = [...active.values()]
      for (const job of left) job.work?.stop()
      const done = Promise.all(left.map((job) => job.done))
      await within(stopWithinMs, done)
      for (const job of left) job.work?.kill()
      await done
    },
  }
}

function inTurn(a: Job<unknown>, b: Job<unknown>): number {
  if (a.state !== b.state) return a.state === 'running' ? -1 : 1
  return a.queueTime - b.queueTime
}

/** Waits for `work`, but no longer than that. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, timeout])
  clearTimeout(timer)
}
