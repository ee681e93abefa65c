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
  /** Trace that it belongs to, a W3C `traceparent`. */
  readonly traceparent?: string
}

/** What a handler is told beside the event. */
export interface Delivery {
  /** 1 at the first try. */
  readonly attempt: number
  /** The event is given up if this try fails. */
  readonly last: boolean
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

/** How a subscription takes its events. */
export interface SubscribeOptions {
  /** Events handled at a time, at most; default 4 (in-process: always one, in order). */
  readonly concurrency?: number
  /**
   * The consumer is this subscription's own and ends with it, events of before and after are not kept for it: for what every replica must
   * hear. Default false: the consumer lasts, and events wait for it.
   */
  readonly transient?: boolean
}

/** An event that could not be handled. */
export interface DeadLetter {
  /** Names it for replay and discard. */
  readonly id: string
  readonly event: BusEvent
  readonly consumer: string
  readonly reason: string
  readonly attempts: number
  /** When it was given up. */
  readonly time: Date
}

/** An ongoing delivery of events. */
export interface Subscription {
  /** Waits for the events at work, then ends. */
  close(): Promise<void>
}

/**
 * Carries events between services, at least once each. Implementations: in-process, JetStream, where every method throws DomainError
 * EVENTS_UNAVAILABLE when the server does not answer in time, and EVENTS_DENIED when it lets nobody in.
 */
export interface EventBus {
  /**
   * Resolves when the bus has the event; an id that it has seen lately is not delivered again.
   * @throws DomainError EVENT_TOO_LARGE, EVENTS_FULL
   */
  publish(event: BusEvent): Promise<void>
  /**
   * Handles the events of a type.
   * @param consumer subscriptions of the same name share the events; letters, digits and `-`
   */
  subscribe(type: string, consumer: string, handler: EventHandler, options?: SubscribeOptions): Promise<Subscription>
  /** The events given up, oldest first. */
  deadLetters(): Promise<readonly DeadLetter[]>
  /**
   * Delivers a dead letter's event again, with its id, to all consumers of its type, and forgets the letter.
   * @throws DomainError DEAD_LETTER_NOT_FOUND
   */
  replay(deadLetterId: string): Promise<void>
  /** Forgets a dead letter. @throws DomainError DEAD_LETTER_NOT_FOUND */
  discard(deadLetterId: string): Promise<void>
  /** Waits for the events at work, then ends all subscriptions. */
  close(): Promise<void>
}
