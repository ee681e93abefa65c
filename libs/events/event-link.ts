import type { StreamPlan } from './topology.js'

/** A message as it lies in a stream. */
export interface StoredMessage {
  readonly stream: string
  readonly sequence: number
  readonly subject: string
  readonly headers: ReadonlyMap<string, string>
  readonly data: Uint8Array
  /** When the stream took it. */
  readonly time: Date
}

/** A message given out to be handled. */
export interface PulledMessage extends StoredMessage {
  /** How often it was given out, this time included. */
  readonly attempt: number
  /** It is handled. */
  acknowledge(): void
  /** Its handler is alive. */
  working(): void
  /** Give it out again after `delayMs`. */
  retry(delayMs: number): void
  /** Never give it out again. */
  terminate(reason: string): void
}

/** What the server must know of a consumer. */
export interface LinkConsumer {
  readonly name: string
  readonly subject: string
  readonly ackWaitMs: number
  readonly maxAckPending: number
  /** Removed when nobody has pulled for so long, and given new events only; 0: lasts, and is given what waits in the stream. */
  readonly inactiveMs: number
}

/** Source of a consumer's messages. */
export interface Puller {
  /** @returns the next message; undefined when none came within half a minute, or the signal aborted */
  pull(signal: AbortSignal): Promise<PulledMessage | undefined>
  /** Removes the consumer from the server. */
  remove(): Promise<void>
}

/** `keep` makes what is missing; `change` also brings what is there to what is asked for. */
export type Ensure = 'keep' | 'change'

/** A connection to JetStream that finds its server again by itself. Methods throw errors that `kindOfFailure` understands. */
export interface EventLink {
  /** Resolves when the stream of the subject has it, or had it before by the same id. */
  publish(subject: string, data: Uint8Array, id: string, head: Readonly<Record<string, string>>): Promise<void>
  ensureStream(plan: StreamPlan, replicas: number, ensure: Ensure): Promise<void>
  ensureConsumer(stream: string, consumer: LinkConsumer, ensure: Ensure): Promise<Puller>
  /** @returns the first message at or after a sequence number */
  read(stream: string, sequence: number): Promise<StoredMessage | undefined>
  /** @returns whether it was there */
  remove(stream: string, sequence: number): Promise<boolean>
  /** Sends what is to be sent, and ends the connection. */
  close(): Promise<void>
}

/** How to reach the server. */
export interface LinkOptions {
  /** `nats://[user:password@ or token@]host:port`, or `tls://`. */
  readonly servers: readonly string[]
  /** Shown by the server's monitoring. */
  readonly name: string
  /** How long to wait for each answer. */
  readonly timeoutMs: number
}

/** What went wrong, as far as the caller can do something about it. */
export type FailureKind = 'full' | 'too-large' | 'denied' | 'unavailable'
