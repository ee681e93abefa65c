import type { ServerMiddleware } from 'nice-grpc'
import type { Metrics } from '../telemetry/metrics.js'
import { codeOf } from './code-of.js'

/** Counts calls by method and status, and measures those that are one question and one answer: streams last as long as their callers like. */
export function countCalls(metrics: Metrics): ServerMiddleware {
  return async function* countCall(call, context) {
    const method = call.method.path.slice(1)
    const started = performance.now()
    let code = 'CANCELLED'
    try {
      const answer = yield* call.next(call.request, context)
      code = 'OK'
      return answer
    } catch (error) {
      code = codeOf(error)
      throw error
    } finally {
      metrics.count('calls', { method, code })
      if (!call.requestStream && !call.responseStream) {
        metrics.observe('callSeconds', { method }, (performance.now() - started) / 1_000)
      }
    }
  }
}
