import type { Logger } from 'pino'
import type { EvaluationProgress } from '../../../gen/crossres/v1/evaluator.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { EventBus } from '../../../libs/events/event-bus.js'
import { publishEvent } from '../../../libs/events/event-types.js'
import type { JobReports } from '../../../libs/jobs/job-worker.js'
import type { Jobs } from '../../../libs/jobs/jobs.js'
import { failureOf } from '../../../libs/rpc/rpc-error.js'
import type { EvaluationEnd } from './evaluation-assignment.js'
import type { EvaluationRecord } from './evaluation-record.js'
import { toEvaluation } from './messages.js'

/** Keeps what becomes of evaluations, and tells the other services. */
export function createEvaluationReports(deps: {
  readonly evaluations: Jobs<EvaluationRecord, EvaluationProgress>
  readonly events: EventBus
  readonly logger: Logger
}): JobReports<EvaluationEnd> {
  const { evaluations, events, logger } = deps

  const ended = async (id: string, end: Partial<EvaluationRecord>) => {
    const endTime = Date.now()
    const record = await evaluations.changeHeld(id, (before) => ({ ...before, ...end, endTime }))
    logger.info({ evaluation: id, state: record.state, reason: record.error?.reason }, 'an evaluation ended')
    const { name, state, reportUri } = toEvaluation(record)
    await publishEvent(
      events,
      'evaluation.finished',
      name,
      { evaluation: name, state, reportUri },
      `${id}/finished/${endTime}`,
    )
  }

  return {
    async returned(id, end) {
      if (end === undefined) return ended(id, { state: 'cancelled' })
      const { metrics, noPage } = end
      if (noPage) logger.warn({ evaluation: id, ...noPage }, 'the page of an evaluation could not be drawn')
      await ended(id, { state: 'succeeded', metrics, ...(noPage ? { warning: noPage.warning } : {}) })
    },
    async failed(id, error) {
      const { reason, message, metadata } = failureOf(error)
      if (!(error instanceof DomainError))
        logger.error({ err: error, evaluation: id, ...metadata }, 'an evaluation failed')
      await ended(id, { state: 'failed', error: { reason, message, metadata: { ...metadata } } })
    },
  }
}
