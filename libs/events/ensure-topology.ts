import { connectPatiently } from './connect-patiently.js'
import type { Ensure, EventLink, LinkConsumer } from './event-link.js'
import { eventsFailure } from './events-failure.js'
import { CONSUMERS, type ConsumerPlan, durableName, STREAMS, type StreamPlan, streamOf } from './topology.js'

/** What a server is to have. */
export interface TopologyOptions {
  /** Servers that keep each event; more than one needs a cluster of that many. */
  readonly replicas?: number
  readonly streams?: readonly StreamPlan[]
  readonly consumers?: readonly ConsumerPlan[]
}

/** Which server, and what it is to have. */
export interface EnsureTopologyOptions extends TopologyOptions {
  readonly servers: readonly string[]
  /** How long to wait for the server. */
  readonly timeoutMs?: number
}

const NAME = 'crossres-setup'

/**
 * Makes all streams and consumers, and changes those that are there to what topology.ts says. Harmless when done twice, or by two at once.
 * @throws DomainError EVENTS_UNAVAILABLE, EVENTS_DENIED, EVENTS_FULL
 */
export async function ensureTopology(options: EnsureTopologyOptions): Promise<void> {
  const { servers, timeoutMs = 60_000 } = options
  const link = await connectPatiently({ servers, name: NAME, timeoutMs })
  try {
    await makeTopology(link, 'change', options)
  } catch (error) {
    throw eventsFailure(error, servers)
  } finally {
    await link.close()
  }
}

/**
 * Makes the streams and the lasting consumers that are missing: before its consumers are there, an event would be kept for nobody. `change`
 * also brings what is there to its plan.
 */
export async function makeTopology(link: EventLink, ensure: Ensure, options: TopologyOptions): Promise<void> {
  const { replicas = 1, streams = Object.values(STREAMS), consumers = CONSUMERS } = options
  for (const plan of streams) await link.ensureStream(plan, replicas, ensure)
  for (const plan of consumers) await link.ensureConsumer(streamOf(plan.type).name, linkConsumer(plan), ensure)
}

/** @returns what the server must know of a lasting consumer */
export function linkConsumer(plan: ConsumerPlan): LinkConsumer {
  const { type, ackWaitMs, maxAckPending } = plan
  return { name: durableName(plan), subject: type, ackWaitMs, maxAckPending, inactiveMs: 0 }
}
