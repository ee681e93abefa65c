import { isAbortError } from 'abort-controller-x'
import { ServerError, type ServerMiddleware, Status } from 'nice-grpc'
import { HealthDefinition } from 'nice-grpc-server-health'

const WATCH = `/${HealthDefinition.fullName}/${HealthDefinition.methods.watch.name}`

/**
 * Ends the watches of the server's health when it stops: they have no end of their own and would keep it until its grace time is over.
 * @param stopping aborts when the server begins to stop
 */
export function endWatches(stopping: AbortSignal): ServerMiddleware {
  return async function* endWatch(call, context) {
    if (call.method.path !== WATCH) return yield* call.next(call.request, context)
    const signal = AbortSignal.any([context.signal, stopping])
    try {
      return yield* call.next(call.request, { ...context, signal })
    } catch (error) {
      if (!(isAbortError(error) && stopping.aborted)) throw error
      throw new ServerError(Status.UNAVAILABLE, 'The server is stopping.')
    }
  }
}
