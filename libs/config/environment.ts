import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ENGINES } from '../engine/engine.js'
import { EVENTS_ADDRESS_FORM, type EventsDescription, parseEventServers } from '../events/events-description.js'
import { STORE_SETTINGS, storeOf } from '../objects/store-settings.js'
import { VECTOR_SETTINGS, vectorsOf } from '../vectors/vector-settings.js'
import { cacheFolder, dataFolder } from './data-folder.js'
import { DomainError } from './domain-error.js'

type Env = Readonly<Record<string, string | undefined>>

const count = (fallback: number) => z.coerce.number().int().positive().default(fallback)

/** Empty is not set: so an address that is there has servers, or is wrong. */
const eventServers = z
  .string()
  .refine((text) => parseEventServers(text) !== undefined, EVENTS_ADDRESS_FORM)
  .transform((text) => parseEventServers(text) ?? [])
  .optional()

/** Base address of a collector, as OpenTelemetry's specification names the variable. */
const collector = z.url({ protocol: /^https?$/, error: 'expected http://HOST:PORT of an OTLP collector' }).optional()

const rate = (fallback: number) => z.coerce.number().gt(0).lt(1).default(fallback)

/** Every setting of a service, by its environment variable, with its default. */
const EnvironmentSchema = z.object({
  CROSSRES_HOST: z.string().default('127.0.0.1'),
  CROSSRES_PORT: z.coerce.number().int().min(0).max(65_535).default(50_051),
  CROSSRES_INSECURE: z.stringbool().default(false),
  CROSSRES_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  CROSSRES_DEFAULT_MODEL: z.string().default('crossres'),
  CROSSRES_TARGET_FPIR: rate(0.01),
  CROSSRES_TARGET_FMR: rate(0.001),
  CROSSRES_MOST_FNMR: rate(0.9),
  CROSSRES_EMBEDDER_ADDRESS: z.string().default('dns:///embedder:50051'),
  CROSSRES_EVENTS: eventServers,
  CROSSRES_EVENTS_REPLICAS: z.coerce.number().int().min(1).max(5).default(1),
  ...STORE_SETTINGS,
  CROSSRES_S3_NOTIFICATIONS: z.string().default('arn:minio:sqs::JS:nats'),
  ...VECTOR_SETTINGS,
  CROSSRES_ENGINE: z.enum(ENGINES).default('onnxruntime'),
  CROSSRES_THREADS: count(availableParallelism()),
  CROSSRES_MAX_BATCH_SIZE: count(8),
  CROSSRES_MAX_QUEUE_DELAY_MS: z.coerce.number().min(0).default(2),
  CROSSRES_MAX_QUEUE_SIZE: count(1_024),
  CROSSRES_MAX_CALLS: count(512),
  CROSSRES_MAX_HELD_BYTES: count(256 * 1024 * 1024),
  CROSSRES_IMAGE_THREADS: count(Math.min(8, availableParallelism())),
  CROSSRES_MAX_PIXELS: count(50_000_000),
  CROSSRES_MAX_MESSAGE_BYTES: count(16 * 1024 * 1024),
  CROSSRES_KEEP_PICTURES: z.stringbool().default(true),
  CROSSRES_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  OTEL_EXPORTER_OTLP_ENDPOINT: collector,
})

/** See readEnvironment. */
export type Environment = ReturnType<typeof readEnvironment>

/**
 * Reads the settings of a service from its environment.
 * @param env normally process.env, read by the entry point
 * @throws DomainError ENVIRONMENT_INVALID, which names the variable and what it may be
 */
export function readEnvironment(env: Env) {
  // An empty variable is one that was not set: so `docker run -e NAME=` and unset manifests behave alike.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = EnvironmentSchema.safeParse(set)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
    throw new DomainError('ENVIRONMENT_INVALID', `The environment cannot be used. ${problems}.`)
  }
  const values = parsed.data
  const { CROSSRES_EVENTS: servers, CROSSRES_EVENTS_REPLICAS: replicas } = values
  const events: EventsDescription = servers ? { kind: 'nats', servers, replicas } : { kind: 'in-process' }
  return {
    dataFolder: dataFolder(env),
    cacheFolder: cacheFolder(env),
    host: values.CROSSRES_HOST,
    port: values.CROSSRES_PORT,
    insecure: values.CROSSRES_INSECURE,
    logLevel: values.CROSSRES_LOG_LEVEL,
    embedderAddress: values.CROSSRES_EMBEDDER_ADDRESS,
    /** It may hold the bucket's secret: not for logs. */
    objects: storeOf(values, join(dataFolder(env), 'objects')),
    events,
    telemetry: {
      metricsPort: values.CROSSRES_METRICS_PORT,
      tracesEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    },
    /** It may hold a token: not for logs. */
    vectors: vectorsOf(values),
    /** Where a bucket sends its notifications; undefined: the set-up leaves that alone. */
    notificationTarget: values.CROSSRES_S3_NOTIFICATIONS === 'none' ? undefined : values.CROSSRES_S3_NOTIFICATIONS,
    settings: {
      defaultModel: values.CROSSRES_DEFAULT_MODEL,
      targetFpir: values.CROSSRES_TARGET_FPIR,
      targetFmr: values.CROSSRES_TARGET_FMR,
      mostFnmr: values.CROSSRES_MOST_FNMR,
      engine: values.CROSSRES_ENGINE,
      threads: values.CROSSRES_THREADS,
      maxBatchSize: values.CROSSRES_MAX_BATCH_SIZE,
      maxQueueDelayMs: values.CROSSRES_MAX_QUEUE_DELAY_MS,
      maxQueueSize: values.CROSSRES_MAX_QUEUE_SIZE,
      maxCalls: values.CROSSRES_MAX_CALLS,
      maxHeldBytes: values.CROSSRES_MAX_HELD_BYTES,
      imageThreads: values.CROSSRES_IMAGE_THREADS,
      maxPixels: values.CROSSRES_MAX_PIXELS,
      maxMessageBytes: values.CROSSRES_MAX_MESSAGE_BYTES,
      keepPictures: values.CROSSRES_KEEP_PICTURES,
    },
  }
}
