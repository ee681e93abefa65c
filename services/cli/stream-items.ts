import type { ItemError } from '../../gen/crossres/v1/common.js'
import { fromItemError } from '../../libs/rpc/rpc-error.js'
import { type CliFailure, toCliFailure } from './failure.js'

/** What came of one item. */
export type ItemOutcome<Item, Response> =
  | { readonly item: Item; readonly response: Response }
  | { readonly item: Item; readonly failure: CliFailure }

interface StreamAnswer<Response> {
  readonly requestId: string
  readonly result?:
    | { readonly $case: 'response'; readonly value: Response }
    | { readonly $case: 'error'; readonly value: ItemError }
    | undefined
}

/**
 * Sends one request for each item over a bidirectional stream and answers in the order of the items. An item whose request cannot
 * be made (an unreadable file) or that the server refuses fails alone. Requests are made as the stream takes them, so the memory held
 * does not grow with the number of items.
 * @param toRequest makes the request of an item
 * @param call the stream
 */
export async function* streamItems<Item, Request, Response>(
  items: readonly Item[],
  toRequest: (item: Item) => Promise<Request>,
  call: (requests: AsyncIterable<{ requestId: string; request: Request }>) => AsyncIterable<StreamAnswer<Response>>,
): AsyncGenerator<ItemOutcome<Item, Response>> {
  const unsent = new Map<number, CliFailure>()
  let next = 0

  async function* requests() {
    for (const [index, item] of items.entries()) {
      let request: Request
      try {
        request = await toRequest(item)
      } catch (error) {
        unsent.set(index, toCliFailure(error))
        continue
      }
      yield { requestId: String(index), request }
    }
  }

  // Items that never left stand between those that did.
  function* unsentBefore(end: number) {
    for (; next < end; next++) {
      const failure = unsent.get(next)
      if (failure) yield { item: items[next] as Item, failure }
    }
  }

  for await (const { requestId, result } of call(requests())) {
    const index = Number(requestId)
    yield* unsentBefore(index)
    next = index + 1
    const item = items[index] as Item
    if (result?.$case === 'response') yield { item, response: result.value }
    else yield { item, failure: toCliFailure(result ? fromItemError(result.value) : new Error('The answer is empty.')) }
  }
  yield* unsentBefore(items.length)
}
