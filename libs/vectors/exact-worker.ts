// Runs in a worker thread: a search over 100,000 vectors computes for milliseconds, during which the service must go on answering.
import { parentPort, workerData } from 'node:worker_threads'
import { InferenceSession } from 'onnxruntime-node'
import type { IndexRequest, SearchRequest, WorkerData, WorkerReply, WorkerRequest } from './exact-messages.js'
import { MOST_QUERIES, nearest } from './nearest.js'
import { createRows, type Rows } from './rows.js'
import { createSketch, type Sketch } from './sketch.js'
import type { Hits } from './vector-index.js'

const port = parentPort
if (!port) throw new Error('exact-worker runs as a worker thread only')

const { threads, graph } = workerData as WorkerData
const session = await InferenceSession.create(graph, {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  // Spinning threads would take the cores from decoding and gRPC between two searches.
  extra: { session: { intra_op: { allow_spinning: '0' } } },
  logSeverityLevel: 3,
})

const indexes = new Map<number, { rows: Rows; sketch: Sketch }>()
const queue: IndexRequest[] = []
let working = false

port.on('message', (request: WorkerRequest) => {
  if (request.kind === 'stop') {
    queue.length = 0
    const close = () => port.close()
    session.release().then(close, close)
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
    const request = queue.shift()
    if (!request) break
    const requests = request.kind === 'search' ? [request, ...takeSearchesLike(request)] : [request]
    try {
      const replies = request.kind === 'search' ? await searchAll(requests as SearchRequest[]) : [answer(request)]
      for (const reply of replies) post(reply)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      for (const { call } of requests) post({ kind: 'failed', call, message })
    }
  }
  working = false
}

function post(reply: WorkerReply): void {
  port?.postMessage(reply)
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

function indexOf(index: number): { rows: Rows; sketch: Sketch } {
  const found = indexes.get(index)
  if (!found) throw new Error('the index is closed')
  return found
}

function open(dimension: number): { rows: Rows; sketch: Sketch } {
  const sketch = createSketch(dimension)
  return { sketch, rows: createRows(dimension, sketch) }
}

function answer(request: Exclude<IndexRequest, SearchRequest>): WorkerReply {
  const { call, index, kind } = request
  if (kind === 'open') indexes.set(index, open(request.dimension))
  const { rows } = indexOf(index)
  if (kind === 'upsert') rows.upsert(request.ids, request.vectors)
  else if (kind === 'remove') rows.remove(request.ids)
  else if (kind === 'drop') indexes.delete(index)
  const done = { kind: 'done', call, size: rows.size } as const
  return kind === 'snapshot' ? { ...done, snapshot: rows.snapshot() } : done
}

async function searchAll(requests: readonly SearchRequest[]): Promise<WorkerReply[]> {
  const { rows, sketch } = indexOf(requests[0]?.index ?? -1)
  const lengths = requests.map(({ queries }) => queries.length)
  const queries = new Float32Array(lengths.reduce((sum, length) => sum + length, 0))
  let offset = 0
  for (const request of requests) {
    queries.set(request.queries, offset)
    offset += request.queries.length
  }
  const hits = await nearest(rows, sketch, session, queries, Math.max(...requests.map(({ k }) => k)))
  let next = 0
  return requests.map(({ call, k, queries }) => {
    const first = next
    next += queries.length / rows.dimension
    const own = hits.slice(first, next)
    return { kind: 'done', call, size: rows.size, hits: own.map((each) => atMost(each, k)) }
  })
}

function atMost({ ids, scores }: Hits, k: number): Hits {
  return ids.length <= k ? { ids, scores } : { ids: ids.slice(0, k), scores: scores.slice(0, k) }
}
