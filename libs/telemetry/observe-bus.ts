import type { EventBus } from '../events/event-bus.js'
import { withMetrics } from './measured-bus.js'
import type { Telemetry } from './telemetry.js'
import { withTrace } from './traced-bus.js'

/** @returns a bus whose events are counted, measured and traced */
export function observeBus(bus: EventBus, { metrics, tracing }: Telemetry): EventBus {
  return withMetrics(withTrace(bus, tracing), metrics)
}
