import type { ItemError } from '../../gen/crossres/v1/common.js'
import { DomainError } from '../config/domain-error.js'
import { orderedMap } from './ordered-map.js'
import { toItemError } from './rpc-error.js'

/** One request of a stream, as every `...StreamRequest` is shaped. */
interface Item<Q> {
  readonly requestId: string
  readonly request?: Q | undefined
}

/** The answer to one request of a stream, as every `...StreamResponse` is shaped. */
interface Answer<A> {
  requestId: string
  result: { $case: 'response'; value: A } | { $case: 'error'; value: ItemError }
}

/**
 * Answers a stream of requests in their order; one that fails, fails alone.
 * @param concurrency requests at work at once
 * @param call the unary call that each request stands for
 * @param signal of the whole stream: when it aborts, the stream ends
 */
export function answerItems<Q, A>(
  items: AsyncIterable<Item<Q>>,
  concurrency: number,
  call: (request: Q, signal: AbortSignal) => Promise<A>,
  signal: AbortSignal,
): AsyncIterable<Answer<A>> {
  return orderedMap(items, concurrency, async ({ requestId, request }): Promise<Answer<A>> => {
    try {
      if (request === undefined) throw new DomainError('FIELD_MISSING', 'The stream item has no `request`.')
      return { requestId, result: { $case: 'response', value: await call(request, signal) } }
    } catch (error) {
      signal.throwIfAborted()
      return { requestId, result: { $case: 'error', value: toItemError(error) } }
    }
  })
}
