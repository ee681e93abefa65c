import type { EventBus } from '../events/event-bus.js'
import { failureName } from './telemetry.js'
import type { Tracing } from './tracing.js'

/** @returns a bus whose events carry the trace they are published in, and whose handlers go on with it */
export function withTrace(bus: EventBus, tracing: Tracing): EventBus {
  if (!tracing.enabled) return bus
  return {
    ...bus,
    async publish(event) {
      const work = tracing.begin(`publish ${event.type}`, { kind: 'producer', parent: event.traceparent })
      const { traceparent } = work
      await ended(work, () => bus.publish({ ...event, ...(traceparent !== undefined && { traceparent }) }))
    },
    subscribe(type, consumer, handler, options) {
      return bus.subscribe(
        type,
        consumer,
        (event, delivery) => {
          const attributes = { 'messaging.consumer.group.name': consumer, 'crossres.event.attempt': delivery.attempt }
          const work = tracing.begin(`handle ${type}`, { kind: 'consumer', parent: event.traceparent, attributes })
          return ended(work, () => handler(event, delivery))
        },
        options,
      )
    },
  }
}

async function ended(work: ReturnType<Tracing['begin']>, run: () => Promise<void>): Promise<void> {
  try {
    await work.within(run)
    work.end()
  } catch (error) {
    work.end(failureName(error))
    throw error
  }
}
