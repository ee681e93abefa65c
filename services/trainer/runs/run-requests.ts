import type { EventBus } from '../../../libs/events/event-bus.js'
import { onEvent, publishEvent } from '../../../libs/events/event-types.js'
import type { JobRequests } from '../../../libs/jobs/job-queue.js'
import { trainingId, trainingName } from './messages.js'

/** TensorFlow takes all of a GPU's memory, and all cores of a CPU. */
const RUNS_AT_ONCE = 1

/** @returns the runs that wait for a trainer, on the bus */
export function createRunRequests(events: EventBus): JobRequests {
  return {
    publish(id, queueTime) {
      const name = trainingName(id)
      return publishEvent(events, 'training.requested', name, { training: name }, `${name}/requested/${queueTime}`)
    },
    subscribe: (work) =>
      onEvent(
        events,
        'training.requested',
        'trainer',
        ({ training }, delivery) => work(trainingId(training), delivery),
        { concurrency: RUNS_AT_ONCE },
      ),
  }
}
