/**
 * Maps a stream with several items at work at once and answers in the order of the input.
 * Reading stops while `concurrency` items are unanswered, so a fast sender is held back by flow control, not by memory.
 * @param concurrency items at work at once, at least 1
 * @param map must not throw for an item's own failure; a throw ends the stream
 */
export async function* orderedMap<T, R>(
  items: AsyncIterable<T>,
  concurrency: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = []
  const source = items[Symbol.asyncIterator]()
  const read = () => quiet(source.next())
  try {
    // The next item is read while the oldest answer is awaited: whoever sends one at a time and waits for each gets it.
    let next: Promise<IteratorResult<T>> | undefined = read()
    while (next !== undefined || pending.length > 0) {
      const oldest = pending[0]
      const canRead = next !== undefined && pending.length < concurrency
      const event: 'read' | 'answer' = await (canRead && next
        ? oldest
          ? Promise.race([next.then(() => 'read' as const), oldest.then(() => 'answer' as const)])
          : next.then(() => 'read' as const)
        : (oldest as Promise<R>).then(() => 'answer' as const))
      if (event === 'answer') {
        void pending.shift()
        yield await (oldest as Promise<R>)
        continue
      }
      const result = await (next as Promise<IteratorResult<T>>)
      if (result.done) {
        next = undefined
      } else {
        pending.push(quiet(map(result.value)))
        next = read()
      }
    }
  } finally {
    if (source.return) void quiet(source.return())
  }
}

/** A rejection is seen when its turn comes; until then it must not count as unhandled. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
