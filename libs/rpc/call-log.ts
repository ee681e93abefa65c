import { setMaxListeners } from 'node:events'
import type { ServerMiddleware } from 'nice-grpc'
import { Status } from 'nice-grpc'
import type { Logger } from 'pino'
import type { CallIds } from './call-ids.js'
import { failureOf, toServerError } from './rpc-error.js'

/**
 * Writes a line for each call, with its ids, and turns whatever was thrown into a status with ErrorInfo.
 * Requests and answers are never logged: they are faces.
 */
export function createCallLog(logger: Logger): ServerMiddleware<object, CallIds> {
  return async function* callLog(call, context) {
    // Each item of a stream that is at work listens to the call's signal; there may be many.
    setMaxListeners(0, context.signal)
    const started = performance.now()
    const { requestId, traceId } = context
    const ids = { requestId, ...(traceId !== undefined && { traceId }) }
    const line = () => ({ ...ids, method: call.method.path, ms: Math.round(performance.now() - started) })
    try {
      const answer = yield* call.next(call.request, context)
      logger.debug(line(), 'call ended')
      return answer
    } catch (error) {
      const failure = failureOf(error)
      const entry = { ...line(), status: Status[failure.status], reason: failure.reason, ...failure.metadata }
      if (failure.cause === undefined) logger.info(entry, failure.message)
      else logger.error({ ...entry, err: failure.cause }, failure.message)
      throw toServerError(failure)
    }
  }
}
