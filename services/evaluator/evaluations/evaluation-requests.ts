import type { EventBus } from '../../../libs/events/event-bus.js'
import { onEvent, publishEvent } from '../../../libs/events/event-types.js'
import type { JobRequests } from '../../../libs/jobs/job-queue.js'
import { evaluationId, evaluationName } from './messages.js'

/** An evaluation takes all cores. */
const AT_ONCE = 1

/** @returns the evaluations that wait for an evaluator, on the bus */
export function createEvaluationRequests(events: EventBus): JobRequests {
  return {
    publish(id, queueTime) {
      const evaluation = evaluationName(id)
      const eventId = `${evaluation}/requested/${queueTime}`
      return publishEvent(events, 'evaluation.requested', evaluation, { evaluation }, eventId)
    },
    subscribe: (work) =>
      onEvent(
        events,
        'evaluation.requested',
        'evaluator',
        ({ evaluation }, delivery) => work(evaluationId(evaluation), delivery),
        { concurrency: AT_ONCE },
      ),
  }
}
