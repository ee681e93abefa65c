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
import { isLoopback } from './binding.js'

/** Settings of a connection. */
export interface ClientOptions {
  /** `host:port`, or any name that grpc-js resolves, e.g. `dns:///embedder:50051`. */
  readonly address: string
  /** Time a unary call may take unless it says otherwise; streams have no limit of their own. */
  readonly deadlineMs?: number
  /** TLS; absent: plain text. */
  readonly credentials?: ChannelCredentials
}

const DEFAULT_DEADLINE_MS = 60_000

/** Only what the server has not worked on is tried again; the calls go round all addresses of the name. */
const SERVICE_CONFIG = JSON.stringify({
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: '0.2s',
        maxBackoff: '3s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
})

/** Typed clients of all services over one connection. */
export type Clients = ReturnType<typeof createClients>

/** @returns clients that connect at their first call; every unary call has a deadline and typed error details */
export function createClients(options: ClientOptions) {
  const channel = createChannel(options.address, options.credentials ?? grpcCredentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.service_config': SERVICE_CONFIG,
    // grpc-js sends even loopback calls through the proxy of the environment.
    ...(isLoopback(hostOf(options.address)) && { 'grpc.enable_http_proxy': 0 }),
  })
  const factory = createClientFactory()
    .use(deadlineMiddleware)
    .use(defaultDeadline(options.deadlineMs ?? DEFAULT_DEADLINE_MS))
    .use(errorDetailsClientMiddleware)
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
