import type { Logger } from 'pino'
import type { EventBus } from './event-bus.js'
import type { EventsDescription } from './events-description.js'
import { createInProcessEventBus } from './in-process.js'
import { createJetStreamEventBus } from './jetstream.js'

/** Who opens the bus. */
export interface OpenEventBusOptions {
  /** Names the service to the server and in its events. */
  readonly name?: string
  readonly logger?: Pick<Logger, 'warn'>
}

/** Opens the bus of a description. A server is connected to at the first use. */
export function openEventBus(description: EventsDescription, options: OpenEventBusOptions = {}): EventBus {
  switch (description.kind) {
    case 'in-process':
      return createInProcessEventBus()
    case 'nats':
      return createJetStreamEventBus({ servers: description.servers, replicas: description.replicas, ...options })
  }
}
