import { parentPort } from 'node:worker_threads'
import type { Rows } from './rows.js'
import type { IndexRequest, SearchRequest, ThreadReply, ThreadRequest } from './thread-messages.js'
import type { Hits, Snapshot } from './vector-index.js'

/** The most queries searched at once: more gain no speed. */
export const MOST_QUERIES = 64

/** An index inside a thread. */
export interface ThreadIndex {
  readonly rows: Pick<Rows, 'dimension' | 'size' | 'upsert' | 'remove'> & { snapshot(): Snapshot }
  /** @param queries row-major [n x dimension] @returns for each the min(k, size) best */
  search(queries: Float32Array, k: number): Promise<Hits[]>
  /** Does a little of the work that can wait, a few ms at a time. @returns whether there is more */
  tidy?(): boolean
}

export interface ThreadIndexes {
  open(dimension: number): ThreadIndex
  /** Called at the end. */
  close(): Promise<unknown>
}

/** Answers the thread's calls, in their order; searches that stand in line together are done as one. Inside a worker thread only. */
export function serveIndexes({ open, close }: ThreadIndexes): void {
  const port = parentPort
  if (!port) throw new Error('indexes are served by a worker thread only')
  const indexes = new Map<number, ThreadIndex>()
  const queue: IndexRequest[] = []
  let working = false
  let stopped = false

  port.on('message', (request: ThreadRequest) => {
    if (request.kind === 'stop') {
      queue.length = 0
      stopped = true
      const end = () => port.close()
      close().then(end, end)
    } else if (request.kind === 'cancel') {
      const at = queue.findIndex(({ call }) => call === request.call)
      if (at >= 0) queue.splice(at, 1)
    } else {
      queue.push(request)
      if (!working) void work()
    }
  })

  async function work(): Promise<void> {
    working = true
    for (;;) {
      // Lets the messages that have come in meanwhile reach the queue: searches to share a product with, and cancellations.
      await new Promise((resolve) => setImmediate(resolve))
      if (stopped) return
      const request = queue.shift()
      if (request) for (const reply of await answer(request)) port?.postMessage(reply)
      // After every call, not only between calls: a thread that is never idle would never get tidy.
      const untidy = tidy()
      if (!request && !untidy) break
    }
    working = false
  }

  function tidy(): boolean {
    let more = false
    for (const index of indexes.values()) more = index.tidy?.() || more
    return more
  }

  async function answer(request: IndexRequest): Promise<ThreadReply[]> {
    const requests = request.kind === 'search' ? [request, ...takeSearchesLike(request)] : [request]
    try {
      return request.kind === 'search' ? await searchAll(requests as SearchRequest[]) : [change(request)]
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return requests.map(({ call }) => ({ kind: 'failed', call, message }))
    }
  }

  /** The searches of the same index at the head of the queue: together they read the matrix once. */
  function takeSearchesLike({ index }: SearchRequest): SearchRequest[] {
    const taken: SearchRequest[] = []
    while (taken.length < MOST_QUERIES) {
      const next = queue[0]
      if (next?.kind !== 'search' || next.index !== index) break
      taken.push(next)
      queue.shift()
    }
    return taken
  }

  function indexOf(index: number): ThreadIndex {
    const found = indexes.get(index)
    if (!found) throw new Error('the index is closed')
    return found
  }

  function change(request: Exclude<IndexRequest, SearchRequest>): ThreadReply {
    const { call, index, kind } = request
    if (kind === 'open') indexes.set(index, open(request.dimension))
    const { rows } = indexOf(index)
    if (kind === 'upsert') rows.upsert(request.ids, request.vectors)
    else if (kind === 'remove') rows.remove(request.ids)
    else if (kind === 'drop') indexes.delete(index)
    const done = { kind: 'done', call, size: rows.size } as const
    return kind === 'snapshot' ? { ...done, snapshot: rows.snapshot() } : done
  }

  async function searchAll(requests: readonly SearchRequest[]): Promise<ThreadReply[]> {
    const { rows, search } = indexOf(requests[0]?.index ?? -1)
    const queries = new Float32Array(requests.reduce((sum, request) => sum + request.queries.length, 0))
    let offset = 0
    for (const request of requests) {
      queries.set(request.queries, offset)
      offset += request.queries.length
    }
    const hits = await search(queries, Math.max(...requests.map(({ k }) => k)))
    let next = 0
    return requests.map(({ call, k, queries: own }) => {
      const first = next
      next += own.length / rows.dimension
      const found = hits.slice(first, next).map((each) => atMost(each, k))
      return { kind: 'done', call, size: rows.size, hits: found }
    })
  }
}

function atMost({ ids, scores }: Hits, k: number): Hits {
  return ids.length <= k ? { ids, scores } : { ids: ids.slice(0, k), scores: scores.slice(0, k) }
}
