import type { Logger } from 'pino'
import { DomainError } from '../../../libs/config/domain-error.js'
import { createJobQueue, type JobQueue, type WorkingJob } from '../../../libs/jobs/job-queue.js'
import type { RunResult, RunSpec } from '../run/run-types.js'
import type { RunListener } from './run-child.js'
import type { RunReports } from './run-reports.js'
import type { TrainingRecord } from './training-record.js'
import type { Trainings } from './trainings.js'

/** The runs that wait and the runs at work. Its errors: TRAINING_NOT_FOUND, TRAINING_ENDED. */
export type RunQueue = JobQueue

/** What a queue works with. */
export interface RunQueueDeps {
  readonly trainings: Trainings
  readonly reports: RunReports
  startRun(spec: RunSpec, listener: RunListener): WorkingJob<RunResult>
  /** Runs at work at once, >= 1: one a GPU. */
  readonly devices: number
  /** How long a run may take to stop before it is killed, or a caller of `cancel` is answered. */
  readonly stopWithinMs: number
  readonly logger: Logger
}

/** @returns an empty queue */
export function createRunQueue(deps: RunQueueDeps): RunQueue {
  const { trainings, reports, startRun, devices, stopWithinMs, logger } = deps
  return createJobQueue<TrainingRecord, RunResult>({
    jobs: trainings,
    reports: { ...reports, returned: (id, result) => reports.returned(id, result ?? {}) },
    start({ spec }) {
      const run = startRun(spec, reports.listener(spec.id))
      const result = run.ended.then((ended) => (ended?.resultVersion === undefined ? undefined : ended))
      return { ended: result, stop: run.stop, kill: run.kill }
    },
    atOnce: devices,
    stopWithinMs,
    logger,
    ended,
  })
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
