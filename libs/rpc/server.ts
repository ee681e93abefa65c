import type { ServerCredentials } from '@grpc/grpc-js'
import { type CompatServiceDefinition, createServer, type ServiceImplementation } from 'nice-grpc'
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details'
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health'
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection'
import type { Logger } from 'pino'
import { NO_TELEMETRY, type Telemetry } from '../telemetry/telemetry.js'
import { createCallLog } from './call-log.js'
import { countCalls } from './count-calls.js'
import { endWatches } from './end-watches.js'
import { guardDefinition, refuseUnreadable } from './guarded-definition.js'
import { traceServed } from './trace-calls.js'

/** The same messages under the older name, which many tools (Python's grpcio-reflection among them) still ask for first. */
const REFLECTION_V1ALPHA = {
  serverReflectionInfo: {
    ...ServerReflectionService.serverReflectionInfo,
    path: '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  },
}

/** A service ready to be served: its definition, what answers its calls, and when it can. */
export interface RpcService {
  readonly definition: CompatServiceDefinition & Parameters<typeof guardDefinition>[0] & { readonly fullName: string }
  readonly implementation: object
}

/** @returns a service whose implementation fits its definition */
export function rpcService<D extends RpcService['definition']>(
  definition: D,
  implementation: ServiceImplementation<D>,
): RpcService {
  return { definition, implementation }
}

/** Settings of a server. */
export interface RpcServerOptions {
  readonly services: readonly RpcService[]
  readonly logger: Logger
  /** Hears of every call; default: nobody does. */
  readonly telemetry?: Telemetry
  /** The descriptor set of all protos, for reflection. */
  readonly descriptors: Uint8Array
  /** Largest request in bytes. */
  readonly maxMessageBytes: number
  /** TLS; absent: plain text. */
  readonly credentials?: ServerCredentials
}

/** A server with health, reflection and errors as crossres sends them. */
export interface RpcServer {
  /**
   * Listens on `host:port`, port 0 for a free one. Health stays NOT_SERVING until `setServing(true)`.
   * @returns the port
   */
  listen(address: string): Promise<number>
  /** Sets the health of every service and of the server as a whole (the empty name). */
  setServing(serving: boolean): void
  /** Stops taking calls, waits up to `graceMs` for those at work, then ends them. */
  shutdown(graceMs: number): Promise<void>
}

/** @returns a server that is not listening yet */
export function createRpcServer(options: RpcServerOptions): RpcServer {
  const names = options.services.map((service) => service.definition.fullName)
  const health = HealthState()
  const setServing = (serving: boolean) => {
    for (const name of ['', ...names]) health.setStatus(serving ? 'healthy' : 'unhealthy', name)
  }
  setServing(false)
  const stopping = new AbortController()
  const { metrics, tracing } = options.telemetry ?? NO_TELEMETRY

  // gRPC's own limit lies above ours so that ours can answer with a reason and advice.
  const server = createServer({
    'grpc.max_receive_message_length': options.maxMessageBytes * 2,
    'grpc.max_send_message_length': -1,
    // Callers come back to all replicas from time to time; without it new replicas would get no traffic.
    'grpc.max_connection_age_ms': 30 * 60_000,
    'grpc.max_connection_age_grace_ms': 5 * 60_000,
  })
    .use(errorDetailsServerMiddleware)
    .use(countCalls(metrics))
    .use(traceServed(tracing))
    .use(createCallLog(options.logger))
    .use(refuseUnreadable)
    .use(endWatches(stopping.signal))
  for (const { definition, implementation } of options.services) {
    server.add(
      guardDefinition(definition, options.maxMessageBytes),
      implementation as ServiceImplementation<CompatServiceDefinition>,
    )
  }
  server.add(HealthDefinition, HealthServiceImpl(health))
  const reflection = ServerReflection(options.descriptors, names)
  server.add(ServerReflectionService, reflection)
  server.add(REFLECTION_V1ALPHA, reflection)

  return {
    listen: (address) => server.listen(address, options.credentials),
    setServing,
    async shutdown(graceMs) {
      setServing(false)
      stopping.abort()
      const timer = setTimeout(() => server.forceShutdown(), graceMs)
      try {
        await server.shutdown()
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
