import { randomUUID } from 'node:crypto'
import {
  CheckpointStored,
  EvaluationFinished,
  EvaluationRequested,
  FaceEmbedded,
  ImageDownsampled,
  ImageStored,
  ModelPromoted,
  SubjectDeleted,
  SubjectEnrolled,
  TrainingFinished,
  TrainingProgressed,
  TrainingRequested,
} from '../../gen/crossres/v1/events.js'
import {
  type Delivery,
  type EventBus,
  type EventHandler,
  PoisonError,
  type SubscribeOptions,
  type Subscription,
} from './event-bus.js'

/** What every event type begins with. */
const PREFIX = 'crossres.v1.'

/** The message of every event, by the event's name. */
const MESSAGES = {
  'image.stored': ImageStored,
  'image.downsampled': ImageDownsampled,
  'face.embedded': FaceEmbedded,
  'subject.enrolled': SubjectEnrolled,
  'subject.deleted': SubjectDeleted,
  'training.requested': TrainingRequested,
  'training.progressed': TrainingProgressed,
  'training.finished': TrainingFinished,
  'checkpoint.stored': CheckpointStored,
  'model.promoted': ModelPromoted,
  'evaluation.requested': EvaluationRequested,
  'evaluation.finished': EvaluationFinished,
} as const

/** Name of an event. */
export type EventName = keyof typeof MESSAGES
/** Message of an event. */
export type EventMessage<N extends EventName> = ReturnType<(typeof MESSAGES)[N]['decode']>

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array }
  decode(input: Uint8Array): T
}

const codecOf = <N extends EventName>(name: N) => MESSAGES[name] as unknown as Codec<EventMessage<N>>

/**
 * Publishes an event.
 * @param subject resource that it is about
 * @param id default: a new one; give one where the same happening may be published twice
 */
export function publishEvent<N extends EventName>(
  bus: EventBus,
  name: N,
  subject: string,
  message: EventMessage<N>,
  id: string = randomUUID(),
): Promise<void> {
  return bus.publish({
    type: PREFIX + name,
    id,
    subject,
    time: new Date(),
    data: codecOf(name).encode(message).finish(),
  })
}

/** Handles the events of a name; a message that cannot be read goes to the dead letters. */
export function onEvent<N extends EventName>(
  bus: EventBus,
  name: N,
  consumer: string,
  handler: (message: EventMessage<N>, delivery: Delivery & { readonly id: string }) => Promise<void>,
  options?: SubscribeOptions,
): Promise<Subscription> {
  const handle: EventHandler = async (event, delivery) => {
    let message: EventMessage<N>
    try {
      message = codecOf(name).decode(event.data)
    } catch {
      throw new PoisonError(`the data of ${event.id} is no ${name} message`)
    }
    await handler(message, { ...delivery, id: event.id })
  }
  return bus.subscribe(PREFIX + name, consumer, handle, options)
}
