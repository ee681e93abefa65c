import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLink } from './event-link.js'
import { eventsFailure } from './events-failure.js'
import { connectNats } from './nats-link.js'

/** How to reach a server that may not be there yet. */
export interface ConnectOptions {
  readonly servers: readonly string[]
  readonly name: string
  readonly timeoutMs: number
  /** Ends the waiting. */
  readonly signal?: AbortSignal
}

/** Waits between tries to connect. */
const AGAIN = { firstMs: 100, longestMs: 2_000 }
/** For one answer. */
const ANSWER_MS = 2_000

/** Connects, and tries again until the time is over. @throws DomainError EVENTS_UNAVAILABLE, EVENTS_DENIED */
export async function connectPatiently(options: ConnectOptions): Promise<EventLink> {
  const { servers, name, timeoutMs, signal } = options
  const deadline = Date.now() + timeoutMs
  for (let tries = 0; ; tries++) {
    try {
      return await connectNats({ servers, name, timeoutMs: ANSWER_MS })
    } catch (error) {
      const failure = eventsFailure(error, servers)
      const wait = Math.min(AGAIN.longestMs, AGAIN.firstMs * 2 ** tries)
      if (failure.reason === 'EVENTS_DENIED' || Date.now() + wait > deadline || signal?.aborted) throw failure
      await sleep(wait, null, signal && { signal }).catch(() => {})
    }
  }
}
