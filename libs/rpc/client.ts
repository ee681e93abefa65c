import { type ChannelCredentials, credentials as grpcCredentials } from '@grpc/grpc-js'
import { type ClientMiddleware, createChannel, createClientFactory } from 'nice-grpc'
import { type DeadlineOptions, deadlineMiddleware } from 'nice-grpc-client-middleware-deadline'
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details'
import { HealthDefinition } from 'nice-grpc-server-health'
import { DownsamplerDefinition } from '../../gen/crossres/v1/downsampler.js'
import { EmbedderDefinition } from '../../gen/crossres/v1/embedder.js'
import { EvaluatorDefinition } from '../../gen/crossres/v1/evaluator.js'
import { GalleryIndexDefinition } from '../../gen/crossres/v1/gallery_index.js'
import { TrainerDefinition } from '../../gen/crossres/v1/trainer.js'
import { NO_TRACING, type Tracing } from '../telemetry/tracing.js'
import { isLoopback } from './binding.js'
import { traceMade } from './trace-calls.js'

/** Settings of a connection. */
export interface ClientOptions {
  /** `host:port`, or any name that grpc-js resolves, e.g. `dns:///embedder:50051`. */
  readonly address: string
  /** Time a unary call may take unless it says otherwise; streams have no limit of their own. */
  readonly deadlineMs?: number
  /** Whether unary calls that no server has worked on are tried again; default: yes. A service that calls for a caller leaves it to that caller. */
  readonly retry?: boolean
  /** TLS; absent: plain text. */
  readonly credentials?: ChannelCredentials
  /** Has the calls carry the trace and the request id of the work that makes them; default: not. */
  readonly tracing?: Tracing
}

const DEFAULT_DEADLINE_MS = 60_000

const DEFINITIONS = [
  EmbedderDefinition,
  GalleryIndexDefinition,
  DownsamplerDefinition,
  TrainerDefinition,
  EvaluatorDefinition,
] as const

/** Streams are not tried again: grpc-js would send again whatever it had sent before the line was cut. */
const UNARY_METHODS = DEFINITIONS.flatMap(({ fullName, methods }) =>
  Object.values(methods)
    .filter(({ requestStream, responseStream }) => !requestStream && !responseStream)
    .map(({ name }) => ({ service: fullName, method: name })),
)

/** Only what the server has not worked on is tried again; the calls go round all addresses of the name. */
function serviceConfig(retry: boolean): string {
  const retryPolicy = {
    maxAttempts: 4,
    initialBackoff: '0.2s',
    maxBackoff: '3s',
    backoffMultiplier: 2,
    retryableStatusCodes: ['UNAVAILABLE'],
  }
  return JSON.stringify({
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: retry ? [{ name: UNARY_METHODS, retryPolicy }] : [],
  })
}

/** Typed clients of all services over one connection. */
export type Clients = ReturnType<typeof createClients>

/** @returns clients that connect at their first call; every unary call has a deadline and typed error details */
export function createClients(options: ClientOptions) {
  const channel = createChannel(options.address, options.credentials ?? grpcCredentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.service_config': serviceConfig(options.retry ?? true),
    // grpc-js sends even loopback calls through the proxy of the environment.
    ...(isLoopback(hostOf(options.address)) && { 'grpc.enable_http_proxy': 0 }),
  })
  const factory = createClientFactory()
    .use(deadlineMiddleware)
    .use(defaultDeadline(options.deadlineMs ?? DEFAULT_DEADLINE_MS))
    .use(errorDetailsClientMiddleware)
    // The last is the outermost: it sees deadlines pass as well.
    .use(traceMade(options.tracing ?? NO_TRACING))
  return {
    embedder: factory.create(EmbedderDefinition, channel),
    galleryIndex: factory.create(GalleryIndexDefinition, channel),
    downsampler: factory.create(DownsamplerDefinition, channel),
    trainer: factory.create(TrainerDefinition, channel),
    evaluator: factory.create(EvaluatorDefinition, channel),
    health: factory.create(HealthDefinition, channel),
    close: () => channel.close(),
  }
}

/** The host of `host:port`. */
function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}

function defaultDeadline(ms: number): ClientMiddleware<DeadlineOptions, DeadlineOptions> {
  return async function* withDeadline(call, options) {
    const streams = call.requestStream || call.responseStream
    return yield* call.next(
      call.request,
      streams || options.deadline !== undefined ? options : { ...options, deadline: ms },
    )
  }
}
