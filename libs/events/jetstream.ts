import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { DomainError } from '../config/domain-error.js'
import { once } from '../config/once.js'
import { encode, eventHeaders } from './cloud-event.js'
import { connectPatiently } from './connect-patiently.js'
import { createDeadLetters } from './dead-letters.js'
import { linkConsumer, makeTopology } from './ensure-topology.js'
import type { EventBus, Subscription } from './event-bus.js'
import type { EventLink, LinkConsumer } from './event-link.js'
import { eventsFailure } from './events-failure.js'
import { startSubscription } from './jetstream-subscription.js'
import { type ConsumerPlan, type ConsumerSettings, planOf, streamOf } from './topology.js'

/** Settings of the bus. */
export interface JetStreamOptions {
  /** Addresses of one cluster: `nats://[user:password@ or token@]host:port`, or `tls://`. */
  readonly servers: readonly string[]
  /** Names the service to the server and in its events' `ce-source`. */
  readonly name?: string
  /** Servers that keep each event, of streams that the bus has to make. */
  readonly replicas?: number
  /** How long a call waits for a server that is away or full before it fails. */
  readonly timeoutMs?: number
  /** How long closing waits for handlers before it aborts them. */
  readonly closeGraceMs?: number
  /** Instead of what the topology says. */
  readonly settings?: Partial<ConsumerSettings>
  readonly logger?: Pick<Logger, 'warn'>
}

/** A consumer of one subscription whose process died is removed after this time. */
const TRANSIENT_MS = 5 * 60_000
const DEFAULT_CONCURRENCY = 4
/** Waits between tries to publish. */
const AGAIN = { firstMs: 50, longestMs: 2_000 }

/**
 * A bus on NATS JetStream: events are CloudEvents in binary mode on the subject of their type, kept on disk until every consumer has handled
 * them. Connects at the first use, makes what is missing of the topology, and finds its server again for ever.
 */
export function createJetStreamEventBus(options: JetStreamOptions): EventBus {
  const { servers, name = 'crossres', replicas = 1, timeoutMs = 30_000, closeGraceMs = 10_000, logger } = options
  const subscriptions = new Set<Subscription>()
  const closing = new AbortController()
  let closed = false

  const link = once(async () => {
    const opened = await connectPatiently({ servers, name, timeoutMs, signal: closing.signal })
    await makeTopology(opened, 'keep', { replicas }).catch(async (error: unknown) => {
      await opened.close()
      throw error
    })
    return opened
  })
  const connection = async (): Promise<EventLink> => {
    if (closed) throw new DomainError('EVENTS_UNAVAILABLE', 'The event bus is closed.')
    return link.get()
  }
  /** Tries until the time is over; the link's own errors become the domain's. */
  const patiently = async <T>(work: (nats: EventLink) => Promise<T>): Promise<T> => {
    const deadline = Date.now() + timeoutMs
    for (let tries = 0; ; tries++) {
      try {
        return await work(await connection())
      } catch (error) {
        const failure = eventsFailure(error, servers)
        const wait = Math.min(AGAIN.longestMs, AGAIN.firstMs * 2 ** tries)
        const worthwhile = WORTH_WAITING.has(failure.reason) && !closing.signal.aborted
        if (!worthwhile || Date.now() + wait > deadline) throw failure
        await sleep(wait, null, { signal: closing.signal }).catch(() => {})
        // A server that lost its disk has no streams and consumers any more, which looks like no answer.
        await link
          .made()
          .then((made) => made && makeTopology(made, 'keep', { replicas }))
          .catch(() => {})
      }
    }
  }
  const deadLetters = createDeadLetters(connection)

  return {
    publish(event) {
      return patiently((nats) =>
        nats.publish(event.type, event.data, encode(event.id), eventHeaders(event, `/${name}`)),
      )
    },

    async subscribe(type, consumer, handler, { concurrency = DEFAULT_CONCURRENCY, transient = false } = {}) {
      const plan: ConsumerPlan = { ...planOf(consumer, type), ...options.settings }
      const wanted = transient ? transientConsumer(plan) : linkConsumer(plan)
      const subscription = await startSubscription({
        plan,
        handler,
        concurrency,
        transient,
        closeGraceMs,
        open: () => patiently((nats) => nats.ensureConsumer(streamOf(type).name, wanted, 'keep')),
        bury: (message, reason) => patiently(() => deadLetters.add(message, consumer, reason)),
        ...(logger && { logger }),
      })
      subscriptions.add(subscription)
      return {
        async close() {
          subscriptions.delete(subscription)
          await subscription.close()
        },
      }
    },

    deadLetters: () => patiently(deadLetters.list),
    replay: (id) => patiently(() => deadLetters.replay(id)),
    discard: (id) => patiently(() => deadLetters.discard(id)),

    async close() {
      // Handlers at work may still publish, but nobody waits any longer for a server that is away.
      closing.abort()
      await Promise.all([...subscriptions].map((subscription) => subscription.close()))
      subscriptions.clear()
      closed = true
      await (await link.made())?.close()
    },
  }
}

const WORTH_WAITING: ReadonlySet<string> = new Set(['EVENTS_UNAVAILABLE', 'EVENTS_FULL'])

function transientConsumer(plan: ConsumerPlan): LinkConsumer {
  const lasting = linkConsumer(plan)
  return { ...lasting, name: `${lasting.name}_${randomUUID()}`, inactiveMs: TRANSIENT_MS }
}
