import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { deadLetterNotFound } from './dead-letter-not-found.js'
import { type BusEvent, type DeadLetter, type EventBus, type EventHandler, PoisonError } from './event-bus.js'

/** Settings of the bus. */
export interface InProcessOptions {
  /** Tries of an event before it is given up. */
  readonly maxDeliver?: number
  /** Wait before the second try; doubled each time. */
  readonly backoffMs?: number
  /** Events that may wait for one consumer; publishing waits while there are more. */
  readonly maxPending?: number
}

/** Ids remembered for de-duplication, and dead letters kept. */
const MEMORY = 10_000

interface Consumer {
  readonly name: string
  readonly handlers: EventHandler[]
  next: number
  /** Ends when everything published so far is handled. */
  tail: Promise<void>
  pending: number
}

/** @returns a bus for services of one process: events are handled one at a time a consumer, in order, and lost with the process */
export function createInProcessEventBus(options: InProcessOptions = {}): EventBus {
  const { maxDeliver = 5, backoffMs = 50, maxPending = 1_000 } = options
  const consumers = new Map<string, Consumer>()
  const seen = new Set<string>()
  const dead: DeadLetter[] = []
  const ending = new AbortController()

  const handle = async (consumer: Consumer, event: BusEvent): Promise<void> => {
    for (let attempt = 1; consumer.handlers.length > 0; attempt++) {
      const handler = consumer.handlers[consumer.next++ % consumer.handlers.length] as EventHandler
      try {
        await handler(event, { attempt, last: attempt >= maxDeliver, signal: ending.signal, working: () => {} })
        return
      } catch (error) {
        if (error instanceof PoisonError || attempt >= maxDeliver) {
          const reason = error instanceof Error ? error.message : String(error)
          const id = randomUUID()
          dead.push({ id, event, consumer: consumer.name, reason, attempts: attempt, time: new Date() })
          if (dead.length > MEMORY) dead.shift()
          return
        }
        await sleep(backoffMs * 2 ** (attempt - 1))
      }
    }
  }

  const deliver = async (event: BusEvent): Promise<void> => {
    for (const [key, consumer] of consumers) {
      if (!key.startsWith(`${event.type} `)) continue
      if (consumer.pending >= maxPending) await consumer.tail
      consumer.pending += 1
      consumer.tail = consumer.tail.then(() => handle(consumer, event)).finally(() => (consumer.pending -= 1))
    }
  }

  const take = (id: string): DeadLetter => {
    const letter = dead.find((one) => one.id === id)
    if (!letter) throw deadLetterNotFound(id)
    dead.splice(dead.indexOf(letter), 1)
    return letter
  }

  return {
    async publish(event) {
      if (seen.has(event.id)) return
      seen.add(event.id)
      if (seen.size > MEMORY) seen.delete(seen.values().next().value as string)
      await deliver(event)
    },

    async subscribe(type, name, handler, { transient = false } = {}) {
      const key = `${type} ${name}${transient ? ` ${randomUUID()}` : ''}`
      const consumer = consumers.get(key) ?? { name, handlers: [], next: 0, tail: Promise.resolve(), pending: 0 }
      consumers.set(key, consumer)
      consumer.handlers.push(handler)
      return {
        async close() {
          await consumer.tail
          const index = consumer.handlers.indexOf(handler)
          if (index >= 0) consumer.handlers.splice(index, 1)
          if (consumer.handlers.length === 0) consumers.delete(key)
        },
      }
    },

    deadLetters: async () => [...dead],
    replay: async (id) => deliver(take(id).event),
    discard: async (id) => {
      take(id)
    },

    async close() {
      await Promise.all([...consumers.values()].map((consumer) => consumer.tail))
      ending.abort()
      consumers.clear()
    },
  }
}
