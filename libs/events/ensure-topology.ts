import { connectPatiently } from './connect-patiently.js'
import { eventsFailure } from './events-failure.js'
import type { Ensure, LinkConsumer, NatsLink } from './nats-link.js'
import { CONSUMERS, type ConsumerPlan, durableName, STREAMS, type StreamPlan, streamOf } from './topology.js'

/** Which server, and what it is to have. */
export interface EnsureTopologyOptions {
  readonly servers: readonly string[]
  /** Servers that keep each event; more than one needs a cluster of that many. */
  readonly replicas?: number
  /** How long to wait for the server. */
  readonly timeoutMs?: number
  readonly streams?: readonly StreamPlan[]
  readonly consumers?: readonly ConsumerPlan[]
}

const NAME = 'crossres-setup'

/**
 * Makes all streams and consumers, and changes those that are there to what topology.ts says. Harmless when done twice, or by two at once.
 * @throws DomainError EVENTS_UNAVAILABLE, EVENTS_DENIED, EVENTS_FULL
 */
export async function ensureTopology(options: EnsureTopologyOptions): Promise<void> {
  const { servers, replicas = 1, timeoutMs = 60_000 } = options
  const link = await connectPatiently({ servers, name: NAME, timeoutMs })
  try {
    await ensureStreams(link, replicas, 'change', options.streams)
    for (const plan of options.consumers ?? CONSUMERS) {
      await link.ensureConsumer(streamOf(plan.type).name, linkConsumer(plan), 'change')
    }
  } catch (error) {
    throw eventsFailure(error, servers)
  } finally {
    await link.close()
  }
}

/** Makes the streams that are missing; `change` also brings those there are to their plan. */
export async function ensureStreams(
  link: NatsLink,
  replicas: number,
  ensure: Ensure,
  streams: readonly StreamPlan[] = Object.values(STREAMS),
): Promise<void> {
  for (const plan of streams) await link.ensureStream(plan, replicas, ensure)
}

/** @returns what the server must know of a lasting consumer */
export function linkConsumer(plan: ConsumerPlan): LinkConsumer {
  const { type, ackWaitMs, maxAckPending } = plan
  return { name: durableName(plan), subject: type, ackWaitMs, maxAckPending, inactiveMs: 0 }
}
