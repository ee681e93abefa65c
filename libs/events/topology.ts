/** Where events lie until they are handled. */
export interface StreamPlan {
  readonly name: string
  readonly description: string
  /** Subjects that it takes. */
  readonly subjects: readonly string[]
  /** `interest`: an event stays until every consumer of its subject has handled it; `limits`: until it is too old. */
  readonly retention: 'interest' | 'limits'
  /** 0: no limit. */
  readonly maxAgeMs: number
  readonly maxBytes: number
  /**
   * How long an id is remembered, so that publishing twice is publishing once. A server that starts again remembers the ids of the events
   * that it still keeps only: handlers are idempotent all the same.
   */
  readonly duplicateWindowMs: number
}

/** How a consumer's events are given out. */
export interface ConsumerSettings {
  /** An event whose handler gives no sign of life for this long is given out again. */
  readonly ackWaitMs: number
  /** How long a handler that runs counts as alive without saying `working()` itself. */
  readonly patienceMs: number
  /** Tries before an event becomes a dead letter. */
  readonly maxDeliver: number
  /** Events given out at a time, to all subscriptions together. */
  readonly maxAckPending: number
  /** Waits before the second, third ... try; the last one for all further. */
  readonly backoffMs: readonly number[]
}

/** A consumer that lasts: events wait for it while none of its subscriptions runs. */
export interface ConsumerPlan extends ConsumerSettings {
  /** The service. */
  readonly consumer: string
  /** The subject, which is the event's type. */
  readonly type: string
}

/** Subject that the object store's own notifications come by; also its configuration names it. */
export const NOTIFICATIONS_SUBJECT = 'crossres.s3.notifications'
/** What the subject of every dead letter begins with; the consumer follows. */
export const DEAD_PREFIX = 'crossres.dead.'

const MINUTE = 60_000
const MIB = 2 ** 20

/**
 * All of them refuse new events where they are full instead of forgetting old ones: what was acknowledged is never lost, and publishers are
 * held back. No age limit on events for the same reason; dead letters may hold templates of faces, which must not lie about for ever.
 */
export const STREAMS: Readonly<Record<'events' | 'notifications' | 'dead', StreamPlan>> = {
  events: {
    name: 'CROSSRES',
    description: 'events between the services',
    subjects: ['crossres.v1.>'],
    retention: 'interest',
    maxAgeMs: 0,
    maxBytes: 1024 * MIB,
    duplicateWindowMs: 10 * MINUTE,
  },
  notifications: {
    name: 'CROSSRES_S3',
    description: 'notifications of the object store',
    subjects: [NOTIFICATIONS_SUBJECT],
    retention: 'interest',
    maxAgeMs: 0,
    maxBytes: 256 * MIB,
    duplicateWindowMs: 10 * MINUTE,
  },
  dead: {
    name: 'CROSSRES_DEAD',
    description: 'events given up',
    subjects: [`${DEAD_PREFIX}>`],
    retention: 'limits',
    maxAgeMs: 30 * 24 * 60 * MINUTE,
    maxBytes: 256 * MIB,
    duplicateWindowMs: 10 * MINUTE,
  },
}

/** Ten tries take about half an hour: long enough for a server that is started again, or a node that is replaced. */
export const DEFAULT_SETTINGS: ConsumerSettings = {
  ackWaitMs: 30_000,
  patienceMs: 5 * MINUTE,
  maxDeliver: 10,
  maxAckPending: 256,
  backoffMs: [1_000, 5_000, 15_000, MINUTE, 5 * MINUTE],
}

/**
 * A job takes hours and may lose any number of workers, which must not end it; what cannot be worked on at all becomes a dead letter at once.
 * The lease of a job lasts longer than its event waits for a sign of life: see libs/jobs/lease-times.ts.
 */
const JOB_SETTINGS: ConsumerSettings = { ...DEFAULT_SETTINGS, ackWaitMs: 15_000, maxDeliver: Number.POSITIVE_INFINITY }

/** The lasting consumers, made before the first event; a subscription that is not among them gets one with the default settings. */
export const CONSUMERS: readonly ConsumerPlan[] = [
  { ...DEFAULT_SETTINGS, consumer: 'downsampler', type: NOTIFICATIONS_SUBJECT },
  { ...DEFAULT_SETTINGS, consumer: 'downsampler', type: 'crossres.v1.image.stored' },
  { ...DEFAULT_SETTINGS, consumer: 'embedder', type: 'crossres.v1.image.downsampled' },
  { ...DEFAULT_SETTINGS, consumer: 'gallery-index', type: 'crossres.v1.face.embedded' },
  { ...JOB_SETTINGS, consumer: 'trainer', type: 'crossres.v1.training.requested' },
  { ...JOB_SETTINGS, consumer: 'evaluator', type: 'crossres.v1.evaluation.requested' },
]

/** @returns the stream that takes the events of a type */
export function streamOf(type: string): StreamPlan {
  return type === NOTIFICATIONS_SUBJECT ? STREAMS.notifications : STREAMS.events
}

/** @returns what the server calls a consumer, e.g. `embedder_image_downsampled`; autoscalers ask for its lag by this name */
export function durableName({ consumer, type }: Pick<ConsumerPlan, 'consumer' | 'type'>): string {
  return `${consumer}_${type.replace(/^crossres\.(v1\.)?/, '').replaceAll('.', '_')}`
}

/** @returns the plan of a consumer; with the default settings where none is declared */
export function planOf(consumer: string, type: string): ConsumerPlan {
  const declared = CONSUMERS.find((plan) => plan.consumer === consumer && plan.type === type)
  return declared ?? { ...DEFAULT_SETTINGS, consumer, type }
}
