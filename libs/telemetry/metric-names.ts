/** A metric as Prometheus knows it. */
export interface MetricPlan {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  /** Each takes a few values only; what callers choose (subjects, galleries, request ids) is never one. */
  readonly labels: readonly string[]
  /** Upper edges of a histogram's buckets, in the metric's unit. */
  readonly buckets?: readonly number[]
}

/** 1 ms to a minute: a cached search to a picture of fifty megapixels on a busy machine. */
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60]
/** An event waits milliseconds for a free handler, or hours for a service that is down. */
const LAG_SECONDS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200, 86_400]

/** Every metric of crossres; README.md has them as a table. Units are in the names, as Prometheus asks for. */
export const METRICS = {
  calls: {
    kind: 'counter',
    name: 'crossres_calls_total',
    help: 'gRPC calls ended, by method and status code.',
    labels: ['method', 'code'],
  },
  callSeconds: {
    kind: 'histogram',
    name: 'crossres_call_seconds',
    help: 'Duration of unary gRPC calls.',
    labels: ['method'],
    buckets: SECONDS,
  },
  callsHeld: {
    kind: 'gauge',
    name: 'crossres_calls_held',
    help: 'Pictures that the embedder holds, at work or waiting.',
    labels: [],
  },
  queueDepth: {
    kind: 'gauge',
    name: 'crossres_queue_depth',
    help: 'Faces waiting for a network.',
    labels: [],
  },
  batchSize: {
    kind: 'histogram',
    name: 'crossres_batch_size',
    help: 'Faces of one run of a network.',
    labels: [],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
  },
  stageSeconds: {
    kind: 'histogram',
    name: 'crossres_stage_seconds',
    help: 'Duration of the stages of a call.',
    labels: ['stage'],
    buckets: SECONDS,
  },
  scores: {
    kind: 'histogram',
    name: 'crossres_scores',
    help: 'Best score (cosine) of searches and score of comparisons, by resolution band of the probe.',
    labels: ['call', 'band'],
    buckets: [-0.2, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
  },
  decisions: {
    kind: 'counter',
    name: 'crossres_decisions_total',
    help: 'Decisions, by resolution band of the probe.',
    labels: ['call', 'band', 'decision'],
  },
  galleries: { kind: 'gauge', name: 'crossres_galleries', help: 'Galleries.', labels: [] },
  indexSubjects: {
    kind: 'gauge',
    name: 'crossres_index_subjects',
    help: 'Subjects of all galleries together.',
    labels: [],
  },
  indexFaces: { kind: 'gauge', name: 'crossres_index_faces', help: 'Faces of all galleries together.', labels: [] },
  eventsPublished: {
    kind: 'counter',
    name: 'crossres_events_published_total',
    help: 'Events published, by type: trainings and evaluations that ended are among them.',
    labels: ['type'],
  },
  eventsHandled: {
    kind: 'counter',
    name: 'crossres_events_handled_total',
    help: 'Tries to handle an event: `done`, `failed` (tried again) or `dead` (given up).',
    labels: ['type', 'consumer', 'outcome'],
  },
  eventSeconds: {
    kind: 'histogram',
    name: 'crossres_event_seconds',
    help: 'Duration of the handling of an event.',
    labels: ['type', 'consumer'],
    buckets: SECONDS,
  },
  eventLagSeconds: {
    kind: 'histogram',
    name: 'crossres_event_lag_seconds',
    help: 'Age of an event when its handling begins for the first time.',
    labels: ['type', 'consumer'],
    buckets: LAG_SECONDS,
  },
} as const satisfies Record<string, MetricPlan>

/** The metrics of one kind, by the names that code uses. */
type Of<Kind extends MetricPlan['kind']> = {
  [K in keyof typeof METRICS]: (typeof METRICS)[K]['kind'] extends Kind ? K : never
}[keyof typeof METRICS]

export type CounterName = Of<'counter'>
export type GaugeName = Of<'gauge'>
export type HistogramName = Of<'histogram'>
/** A value for each label of a metric. */
export type LabelsOf<K extends keyof typeof METRICS> = Readonly<Record<(typeof METRICS)[K]['labels'][number], string>>

/** What a call goes through; the spans of a trace have the same names. */
export type Stage = 'read' | 'faces' | 'decode' | 'detect' | 'embed' | 'network' | 'call_embedder' | 'search'
