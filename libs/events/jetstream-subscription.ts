import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { eventOf } from './cloud-event.js'
import { type EventHandler, PoisonError, type Subscription } from './event-bus.js'
import type { PulledMessage, Puller } from './event-link.js'
import type { ConsumerPlan } from './topology.js'

/** What a subscription works with. */
export interface SubscriptionDeps {
  readonly plan: ConsumerPlan
  readonly handler: EventHandler
  /** Events handled at a time. */
  readonly concurrency: number
  /** Makes the consumer where it is missing. */
  open(): Promise<Puller>
  /** Keeps an event that is given up. */
  bury(message: PulledMessage, reason: string): Promise<void>
  /** How long closing waits for handlers before it aborts them. */
  readonly closeGraceMs: number
  /** The consumer ends with the subscription. */
  readonly transient: boolean
  readonly logger?: Pick<Logger, 'warn'>
}

/** Waits between tries to find a server or a consumer that is gone. */
const AGAIN = { firstMs: 100, longestMs: 5_000 }
/** Signs of life within the time after which an event would be given to another. */
const BEATS = 3

/** Handles the events of a consumer until it is closed. @throws whatever `open` throws at the start; later it is tried again */
export async function startSubscription(deps: SubscriptionDeps): Promise<Subscription> {
  const { plan, handler, concurrency, logger } = deps
  const closing = new AbortController()
  const ending = new AbortController()
  let puller: Puller = await deps.open()

  const settle = async (message: PulledMessage): Promise<void> => {
    const { attempt } = message
    const alive = keepAlive(message, plan)
    try {
      // Only when its process died, or the letter could not be written, it is given out more often than its handler fails.
      if (attempt > plan.maxDeliver) throw new PoisonError(`given out ${attempt - 1} times without an answer`)
      await handler(eventOf(message), {
        attempt,
        last: attempt >= plan.maxDeliver,
        signal: ending.signal,
        working: alive.working,
      })
      message.acknowledge()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const about = { consumer: plan.consumer, type: plan.type, attempt, reason }
      if (ending.signal.aborted && !(error instanceof PoisonError)) return message.retry(0)
      if (!(error instanceof PoisonError) && attempt < plan.maxDeliver) {
        logger?.warn(about, 'an event could not be handled and is tried again')
        return message.retry(plan.backoffMs[Math.min(attempt, plan.backoffMs.length) - 1] ?? 0)
      }
      await deps.bury(message, reason)
      message.terminate(reason)
      logger?.warn(about, 'an event is given up: see `crossres events dead`')
    } finally {
      alive.stop()
    }
  }

  const work = async (): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted; ) {
      try {
        const message = await puller.pull(closing.signal)
        failures = 0
        if (message && closing.signal.aborted) message.retry(0)
        // An event whose letter could not be written stays where it is, and is given out again.
        else if (message)
          await settle(message).catch((error) => logger?.warn({ err: error }, 'no dead letter was written'))
      } catch (error) {
        logger?.warn({ err: error, consumer: plan.consumer, type: plan.type }, 'events cannot be fetched; trying again')
        await sleep(Math.min(AGAIN.longestMs, AGAIN.firstMs * 2 ** failures++), null, { signal: closing.signal }).catch(
          () => {},
        )
        if (!closing.signal.aborted) puller = await deps.open().catch(() => puller)
      }
    }
  }

  const working = Promise.all(Array.from({ length: concurrency }, work))
  return {
    async close() {
      closing.abort()
      const grace = setTimeout(() => ending.abort(), deps.closeGraceMs)
      await working
      clearTimeout(grace)
      if (deps.transient) await puller.remove().catch(() => {})
    },
  }
}

/** Says for a running handler that it is alive: as long as it is trusted without a word of its own, and again from each such word. */
function keepAlive(message: PulledMessage, { ackWaitMs, patienceMs }: ConsumerPlan) {
  let trustedSince = Date.now()
  const timer = setInterval(() => {
    if (Date.now() - trustedSince < patienceMs) message.working()
  }, ackWaitMs / BEATS)
  return {
    working() {
      trustedSince = Date.now()
      message.working()
    },
    stop: () => clearInterval(timer),
  }
}
