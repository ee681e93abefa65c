import type { Logger } from 'pino'
import type { Environment } from '../config/environment.js'
import type { EventBus } from '../events/event-bus.js'
import { openEventBus } from '../events/open-event-bus.js'
import type { ObjectStore } from '../objects/object-store.js'
import { openObjectStore, type StoreDescription } from '../objects/open-object-store.js'
import { observeBus } from '../telemetry/observe-bus.js'
import type { Telemetry } from '../telemetry/telemetry.js'

/** What a service shares with the others. */
export interface SharedParts {
  readonly objects: ObjectStore
  /** The same store, for processes that the service starts; of a bucket it holds a secret. */
  readonly store: StoreDescription
  readonly events: EventBus
  /** Ends the bus, after the service's own subscriptions. */
  close(): Promise<void>
}

/**
 * Opens the object store and the bus that the environment names.
 * @param service its name, `gallery-index` say
 * @throws DomainError STORAGE_FULL of a folder; servers are asked at the first use
 */
export async function openSharedParts(
  { objects: store, events: bus }: Pick<Environment, 'objects' | 'events'>,
  service: string,
  logger: Pick<Logger, 'warn'>,
  telemetry: Telemetry,
): Promise<SharedParts> {
  // Services of one machine may have one folder: none of them is its owner, whose start would remove the drafts of the others.
  const objects = await openObjectStore(store, store.kind === 'folder' ? service : undefined)
  const events = observeBus(openEventBus(bus, { name: service, logger }), telemetry)
  return { objects, store, events, close: () => events.close() }
}
