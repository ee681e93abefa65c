import type { Logger } from 'pino'
import { DomainError } from '../../../libs/config/domain-error.js'
import { createJobQueue, type JobQueue, type JobRequests } from '../../../libs/jobs/job-queue.js'
import type { WorkingJob } from '../../../libs/jobs/job-worker.js'
import type { LeaseTimes } from '../../../libs/jobs/lease-times.js'
import type { RunResult, RunSpec } from '../run/run-types.js'
import type { RunListener } from './run-child.js'
import type { RunReports } from './run-reports.js'
import type { TrainingRecord } from './training-record.js'
import type { Trainings } from './trainings.js'

/** The runs that wait and the runs at work. Its errors: TRAINING_NOT_FOUND, TRAINING_ENDED. */
export type RunQueue = JobQueue<TrainingRecord>

/** What a queue works with. */
export interface RunQueueDeps {
  readonly trainings: Trainings
  readonly requests: JobRequests
  readonly reports: RunReports
  startRun(spec: RunSpec, listener: RunListener): WorkingJob<RunResult>
  /** How long a run may take to stop before it is killed, or a caller of `cancel` is answered. */
  readonly stopWithinMs: number
  readonly logger: Logger
  /** Default: LEASE_TIMES. */
  readonly times?: LeaseTimes
}

/** @returns an empty queue */
export function createRunQueue(deps: RunQueueDeps): RunQueue {
  const { trainings, reports, startRun, ...others } = deps
  return createJobQueue<TrainingRecord, RunResult>({
    ...others,
    jobs: trainings,
    reports: { ...reports, returned: (id, result) => reports.returned(id, result ?? {}) },
    start({ spec }) {
      const run = startRun(spec, reports.listener(spec.id))
      const result = run.ended.then((ended) => (ended?.resultVersion === undefined ? undefined : ended))
      return { ended: result, stop: run.stop, kill: run.kill }
    },
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
