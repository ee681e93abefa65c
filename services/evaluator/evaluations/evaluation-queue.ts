import type { Logger } from 'pino'
import type { EvaluationProgress } from '../../../gen/crossres/v1/evaluator.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { EventBus } from '../../../libs/events/event-bus.js'
import { startJobProcess } from '../../../libs/jobs/job-process.js'
import { createJobQueue, type JobQueue } from '../../../libs/jobs/job-queue.js'
import type { WorkingJob } from '../../../libs/jobs/job-worker.js'
import type { Jobs } from '../../../libs/jobs/jobs.js'
import { superviseJob } from '../../../libs/jobs/supervise-job.js'
import type { EvaluationAssignment, EvaluationOutcome, EvaluationSaid } from './evaluation-assignment.js'
import type { EvaluationRecord } from './evaluation-record.js'
import { createEvaluationReports } from './evaluation-reports.js'
import { createEvaluationRequests } from './evaluation-requests.js'

/** What the queue of evaluations works with. */
export interface EvaluationQueueDeps {
  readonly evaluations: Jobs<EvaluationRecord, EvaluationProgress>
  readonly events: EventBus
  readonly logger: Logger
  /** Script of the process of an evaluation. */
  readonly file: URL
  /** What each process is told besides what to measure. */
  readonly assignment: Omit<EvaluationAssignment, 'spec'>
}

/** A batch, or one comparison of all templates, is finished first. */
const STOP_WITHIN_MS = 20_000

/** @returns an empty queue, each evaluation in a process of its own; its errors: EVALUATION_NOT_FOUND, EVALUATION_ENDED */
export function createEvaluationQueue(deps: EvaluationQueueDeps): JobQueue<EvaluationRecord> {
  const { evaluations, events, logger } = deps
  return createJobQueue({
    jobs: evaluations,
    requests: createEvaluationRequests(events),
    reports: createEvaluationReports(deps),
    start: (record) => startEvaluation(record, deps),
    stopWithinMs: STOP_WITHIN_MS,
    logger,
    ended: (id, state) =>
      new DomainError('EVALUATION_ENDED', `The evaluation ${id} is ${state} already: there is nothing to cancel.`, {
        evaluation: `evaluations/${id}`,
        state,
      }),
  })
}

function startEvaluation(
  { spec }: EvaluationRecord,
  { evaluations, logger, file, assignment }: EvaluationQueueDeps,
): WorkingJob<NonNullable<EvaluationOutcome>> {
  const start = () =>
    startJobProcess<EvaluationAssignment, EvaluationSaid, EvaluationOutcome>({
      file,
      assignment: { ...assignment, spec },
      hear(progress) {
        evaluations
          .progressed(spec.id, progress)
          .catch((err: unknown) => logger.error({ err, evaluation: spec.id }, 'progress could not be stored'))
      },
    })
  return superviseJob(start, (how) => {
    logger.error({ evaluation: spec.id }, `the process of an evaluation ${how}`)
    return died(how)
  })
}

function died(how: string): DomainError {
  return new DomainError(
    'EVALUATION_PROCESS_DIED',
    `The process of the evaluation ${how.split('\n')[0]}; the service's log says more. The features it has are kept: start it again, with fewer models or resolutions where memory ran out.`,
  )
}
