import { isAbortError } from 'abort-controller-x'
import { ServerError, type ServerMiddleware, Status } from 'nice-grpc'

/** Watches of health, trainings and evaluations are named alike. */
const WATCH = /\/Watch[A-Za-z]*$/

/**
 * Ends the watches when the server stops: they may have no end of their own and would keep it until its grace time is over.
 * @param stopping aborts when the server begins to stop
 */
export function endWatches(stopping: AbortSignal): ServerMiddleware {
  return async function* endWatch(call, context) {
    if (!WATCH.test(call.method.path)) return yield* call.next(call.request, context)
    const signal = AbortSignal.any([context.signal, stopping])
    try {
      return yield* call.next(call.request, { ...context, signal })
    } catch (error) {
      if (!(isAbortError(error) && stopping.aborted)) throw error
      throw new ServerError(Status.UNAVAILABLE, 'The server is stopping.')
    }
  }
}
