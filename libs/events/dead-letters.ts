import { decode, encode, eventOf } from './cloud-event.js'
import { deadLetterNotFound } from './dead-letter-not-found.js'
import type { DeadLetter } from './event-bus.js'
import type { EventLink, PulledMessage, StoredMessage } from './event-link.js'
import { DEAD_PREFIX, STREAMS } from './topology.js'

/** The dead letters of a server; a letter's id is its number in their stream. */
export interface DeadLetters {
  /** Keeps a message that is given up; the same one twice is kept once. */
  add(message: PulledMessage, consumer: string, reason: string): Promise<void>
  list(): Promise<DeadLetter[]>
  replay(id: string): Promise<void>
  discard(id: string): Promise<void>
}

/** Of a letter, beside the headers of its event. */
const HEADER = {
  consumer: 'crossres-dead-consumer',
  reason: 'crossres-dead-reason',
  attempts: 'crossres-dead-attempts',
  subject: 'crossres-dead-subject',
} as const
/** A reason may quote whatever came in. */
const LONGEST_REASON = 1_000
const STREAM = STREAMS.dead.name

/** @param link opens the connection where there is none */
export function createDeadLetters(link: () => Promise<EventLink>): DeadLetters {
  const find = async (id: string): Promise<StoredMessage> => {
    const sequence = /^[1-9]\d{0,15}$/.test(id) ? Number(id) : 0
    const message = sequence > 0 ? await (await link()).read(STREAM, sequence) : undefined
    if (message?.sequence !== sequence) throw deadLetterNotFound(id)
    return message
  }
  const discard = async (id: string) => {
    const { sequence } = await find(id)
    await (await link()).remove(STREAM, sequence)
  }

  return {
    async add(message, consumer, reason) {
      const id = `${consumer}:${message.stream}:${message.sequence}:${message.time.getTime()}`
      await (await link()).publish(DEAD_PREFIX + consumer, message.data, encode(id), {
        // What is no CloudEvent has its id from its place in the stream, which it loses.
        'ce-id': encode(eventOf(message).id),
        ...eventsOwn(message),
        [HEADER.consumer]: encode(consumer),
        [HEADER.reason]: encode(reason.slice(0, LONGEST_REASON)),
        [HEADER.attempts]: String(message.attempt),
        [HEADER.subject]: message.subject,
      })
    },

    async list() {
      const nats = await link()
      const letters: DeadLetter[] = []
      for (let next = 1; ; ) {
        const message = await nats.read(STREAM, next)
        if (!message) return letters
        letters.push(letterOf(message))
        next = message.sequence + 1
      }
    },

    async replay(id) {
      const message = await find(id)
      // Another id than the first time, which the server may still remember. The event keeps its own.
      const again = encode(`replay:${id}:${message.time.getTime()}`)
      await (await link()).publish(originOf(message), message.data, again, eventsOwn(message))
      await discard(id)
    },

    discard,
  }
}

/** The headers of the event: not the letter's, and not the server's. */
function eventsOwn({ headers }: StoredMessage): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !/^(crossres-dead|nats)-/.test(name)))
}

const originOf = ({ headers, subject }: StoredMessage) => headers.get(HEADER.subject) ?? subject

function letterOf(message: StoredMessage): DeadLetter {
  const { headers, sequence, time } = message
  const text = (name: string) => decode(headers.get(name) ?? '')
  return {
    id: String(sequence),
    event: eventOf({ ...message, subject: originOf(message) }),
    consumer: text(HEADER.consumer),
    reason: text(HEADER.reason),
    attempts: Number(text(HEADER.attempts)),
    time,
  }
}
