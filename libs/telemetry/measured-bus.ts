import { type EventBus, type EventHandler, PoisonError } from '../events/event-bus.js'
import type { Metrics } from './metrics.js'

/** @returns a bus that counts its events, and measures how long they wait and are worked on */
export function withMetrics(bus: EventBus, metrics: Metrics): EventBus {
  const measured =
    (type: string, consumer: string, handler: EventHandler): EventHandler =>
    async (event, delivery) => {
      const started = performance.now()
      // Clocks of two machines differ a little.
      const lag = Math.max(0, (Date.now() - event.time.getTime()) / 1_000)
      if (delivery.attempt === 1) metrics.observe('eventLagSeconds', { type, consumer }, lag)
      let outcome: 'done' | 'failed' | 'dead' = 'done'
      try {
        await handler(event, delivery)
      } catch (error) {
        outcome = error instanceof PoisonError || delivery.last ? 'dead' : 'failed'
        throw error
      } finally {
        metrics.observe('eventSeconds', { type, consumer }, (performance.now() - started) / 1_000)
        metrics.count('eventsHandled', { type, consumer, outcome })
      }
    }
  return {
    ...bus,
    async publish(event) {
      await bus.publish(event)
      metrics.count('eventsPublished', { type: event.type })
    },
    subscribe: (type, consumer, handler, options) =>
      bus.subscribe(type, consumer, measured(type, consumer, handler), options),
  }
}
