import type { Logger } from 'pino'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { RunSpec } from '../run/run-types.js'
import type { RunListener } from './run-child.js'
import type { RunReports } from './run-reports.js'
import type { SupervisedRun } from './supervise-run.js'
import { hasEnded, type TrainingRecord } from './training-record.js'
import type { Trainings } from './trainings.js'

/** The runs that wait and the runs at work. */
export interface RunQueue {
  /** Takes up what an earlier process left: first what was at work, then what waited. */
  takeUp(): Promise<void>
  /** Puts a stored run, QUEUED or left RUNNING, at the end of the queue. */
  add(id: string): void
  /** @returns whether a run waits or is at work here */
  has(id: string): boolean
  /**
   * Cancels a run: at once where it waits, after its present step where it is at work.
   * @returns when it has ended, or has not for a while
   * @throws DomainError TRAINING_NOT_FOUND, TRAINING_ENDED
   */
  cancel(id: string): Promise<void>
  /** Stops the runs at work, with a checkpoint; they stay RUNNING, for another process to take up. */
  close(): Promise<void>
}

/** What a queue works with. */
export interface RunQueueDeps {
  readonly trainings: Trainings
  readonly reports: RunReports
  startRun(spec: RunSpec, listener: RunListener): SupervisedRun
  /** Runs at work at once, >= 1: one a GPU. */
  readonly devices: number
  /** How long a run may take to stop before it is killed, or a caller of `cancel` is answered. */
  readonly stopWithinMs: number
  readonly logger: Logger
}

interface ActiveRun {
  cancelled: boolean
  process?: SupervisedRun
  done: Promise<void>
}

/** @returns an empty queue */
export function createRunQueue(deps: RunQueueDeps): RunQueue {
  const { trainings, reports, startRun, devices, stopWithinMs, logger } = deps
  const waiting: string[] = []
  const active = new Map<string, ActiveRun>()
  let closing = false

  function pump(): void {
    while (!closing && active.size < devices) {
      const at = waiting.findIndex((id) => !active.has(id))
      if (at < 0) return
      begin(waiting.splice(at, 1)[0] as string)
    }
  }

  function begin(id: string): void {
    const run: ActiveRun = { cancelled: false, done: Promise.resolve() }
    active.set(id, run)
    run.done = work(id, run)
      .catch((err: unknown) => logger.error({ err, training: id }, 'the state of a training could not be stored'))
      .finally(() => {
        active.delete(id)
        pump()
      })
  }

  async function work(id: string, run: ActiveRun): Promise<void> {
    const { state, spec } = await reports.began(id)
    if (state !== 'running') return
    if (run.cancelled) return reports.returned(id, {})
    if (closing) return
    run.process = startRun(spec, reports.listener(id))
    try {
      const result = await run.process.ended
      const leftForLater = closing && !run.cancelled && result.resultVersion === undefined
      if (!leftForLater) await reports.returned(id, result)
    } catch (error) {
      await reports.failed(id, error)
    }
  }

  return {
    async takeUp() {
      const left = (await trainings.list()).filter((record) => !hasEnded(record))
      waiting.push(...left.sort(inTurn).map(({ spec }) => spec.id))
      pump()
    },

    add(id) {
      waiting.push(id)
      pump()
    },

    has: (id) => active.has(id) || waiting.includes(id),

    async cancel(id) {
      const run = active.get(id)
      if (run) {
        run.cancelled = true
        run.process?.stop()
        return within(stopWithinMs, run.done)
      }
      const at = waiting.indexOf(id)
      if (at >= 0) waiting.splice(at, 1)
      const { state } = await trainings.get(id)
      if (state !== 'queued' && state !== 'running') throw ended(id, state)
      await reports.returned(id, {})
    },

    async close() {
      closing = true
      const runs = [...active.values()]
      for (const { process } of runs) process?.stop()
      const done = Promise.all(runs.map((run) => run.done))
      await within(stopWithinMs, done)
      for (const { process } of runs) process?.kill()
      await done
    },
  }
}

function inTurn(a: TrainingRecord, b: TrainingRecord): number {
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

function ended(id: string, state: string): DomainError {
  return new DomainError(
    'TRAINING_ENDED',
    `The training ${id} has ended already (${state}): nothing is left to cancel.`,
    {
      training: `trainings/${id}`,
      state,
    },
  )
}
