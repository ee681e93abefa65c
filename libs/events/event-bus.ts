/** An event as CloudEvents describes it, with a protobuf message as its data. */
export interface BusEvent {
  /** E.g. `crossres.v1.subject.enrolled`. */
  readonly type: string
  /** Names the event: the same id delivered twice is the same event. */
  readonly id: string
  /** What the event is about, a resource name. */
  readonly subject: string
  readonly time: Date
  /** The encoded message. */
  readonly data: Uint8Array
}

/** What a handler is told beside the event. */
export interface Delivery {
  /** 1 at the first try. */
  readonly attempt: number
  /** Aborts when the subscription closes. */
  readonly signal: AbortSignal
  /** Says that long work goes on, so that the event is not given to another. */
  working(): void
}

/** Does the work of an event; throwing asks for another try, PoisonError for none. Must be idempotent. */
export type EventHandler = (event: BusEvent, delivery: Delivery) => Promise<void>

/** The event can never be handled: it goes to the dead letters at once. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError'
}

/** An event that could not be handled. */
export interface DeadLetter {
  readonly event: BusEvent
  readonly consumer: string
  readonly reason: string
  readonly attempts: number
}

/** Carries events between services, at least once each. Implementations: in-process, JetStream. */
export interface EventBus {
  /** Resolves when the bus has the event; an id that it has seen lately is not delivered again. */
  publish(event: BusEvent): Promise<void>
  /**
   * Handles the events of a type.
   * @param consumer subscriptions of the same name share the events
   */
  subscribe(type: string, consumer: string, handler: EventHandler): Promise<{ close(): Promise<void> }>
  /** The events given up, oldest first. */
  deadLetters(): Promise<readonly DeadLetter[]>
  /** Waits for the events at work, then ends all subscriptions. */
  close(): Promise<void>
}
