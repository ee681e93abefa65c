import { type ClientMiddleware, Metadata, type ServerMiddleware } from 'nice-grpc'
import { TRACEPARENT } from '../telemetry/traceparent.js'
import type { TracedWork, Tracing } from '../telemetry/tracing.js'
import { type CallIds, REQUEST_ID, requestIdOf } from './call-ids.js'
import { codeOf } from './code-of.js'

/** Calls of ours; health and reflection are asked for all the time, and say nothing. */
const OURS = '/crossres.'

/** Names a call: by its caller's request id, or one that is sent back with the answer, and by its trace, which it goes on with. */
export function traceServed(tracing: Tracing): ServerMiddleware<CallIds> {
  return async function* traceCall(call, context) {
    const requestId = requestIdOf(context.metadata)
    context.trailer.set(REQUEST_ID, requestId)
    const { path } = call.method
    if (!tracing.enabled || !path.startsWith(OURS)) return yield* call.next(call.request, { ...context, requestId })
    const parent = context.metadata.get(TRACEPARENT)
    const work = tracing.begin(path.slice(1), { kind: 'server', parent, requestId, attributes: describe(path) })
    const { traceId } = work
    return yield* traced(work, call.next(call.request, { ...context, requestId, ...(traceId && { traceId }) }))
  }
}

/** Has the servers that are called go on with the trace, and the request id, of the work at hand. */
export function traceMade(tracing: Tracing): ClientMiddleware {
  return async function* traceCall(call, options) {
    const { path } = call.method
    if (!tracing.enabled || !path.startsWith(OURS)) return yield* call.next(call.request, options)
    const { requestId } = tracing.ids()
    const work = tracing.begin(path.slice(1), { kind: 'client', attributes: describe(path) })
    const metadata = Metadata(options.metadata)
    if (work.traceparent !== undefined) metadata.set(TRACEPARENT, work.traceparent)
    if (requestId !== undefined && !metadata.has(REQUEST_ID)) metadata.set(REQUEST_ID, requestId)
    return yield* traced(work, call.next(call.request, { ...options, metadata }))
  }
}

/** OpenTelemetry's semantic conventions for RPC spans. */
function describe(path: string) {
  const [, service = '', method = ''] = path.split('/')
  return { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method }
}

/** A call under way: the answers of a stream in turn, or nothing but the one answer. */
// biome-ignore lint/suspicious/noConfusingVoidType: as nice-grpc types it
type Steps<T> = AsyncGenerator<T, T | void, undefined>

/** Runs each step of a call within its work, and ends the work with the call, however that ends. */
async function* traced<T>(work: TracedWork, call: Steps<T>): Steps<T> {
  // Whoever reads a stream may leave it before its end.
  let failure: string | undefined = 'CANCELLED'
  try {
    const within = {
      next: () => work.within(() => call.next()),
      return: (value: T) => work.within(() => call.return(value)),
      throw: (error: unknown) => work.within(() => call.throw(error)),
      [Symbol.asyncIterator]: () => within,
    }
    const answer = yield* within
    failure = undefined
    return answer
  } catch (error) {
    failure = codeOf(error)
    throw error
  } finally {
    work.end(failure)
  }
}
