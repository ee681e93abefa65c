// Runs in a worker thread: a search over 100,000 vectors computes for milliseconds, during which the service must go on answering.
import { parentPort, workerData } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { IndexRequest, SearchRequest, WorkerData, WorkerReply, WorkerRequest } from './exact-messages.js'
import { createRows, type Rows } from './rows.js'
import type { Hits } from './vector-index.js'

const port = parentPort
if (!port) throw new Error('exact-worker runs as a worker thread only')

// 32 MiB of cosines at a time, and no more queries in one product than its speed gains from.
const MOST_COSINES = 2 ** 23
const MOST_QUERIES = 64

const { threads, graph } = workerData as WorkerData
const session = await InferenceSession.create(graph, {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  // Spinning threads would take the cores from decoding and gRPC between two searches.
  extra: { session: { intra_op: { allow_spinning: '0' } } },
  logSeverityLevel: 3,
})

const indexes = new Map<number, Rows>()
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

function rowsOf(index: number): Rows {
  const rows = indexes.get(index)
  if (!rows) throw new Error('the index is closed')
  return rows
}

function answer(request: Exclude<IndexRequest, SearchRequest>): WorkerReply {
  const { call, index, kind } = request
  if (kind === 'open') indexes.set(index, createRows(request.dimension))
  const rows = rowsOf(index)
  if (kind === 'upsert') rows.upsert(request.ids, request.vectors)
  else if (kind === 'remove') rows.remove(request.ids)
  else if (kind === 'drop') indexes.delete(index)
  const done = { kind: 'done', call, size: rows.size } as const
  return kind === 'snapshot' ? { ...done, snapshot: rows.snapshot() } : done
}

async function searchAll(requests: readonly SearchRequest[]): Promise<WorkerReply[]> {
  const rows = rowsOf(requests[0]?.index ?? -1)
  const lengths = requests.map(({ queries }) => queries.length)
  const queries = new Float32Array(lengths.reduce((sum, length) => sum + length, 0))
  let offset = 0
  for (const request of requests) {
    queries.set(request.queries, offset)
    offset += request.queries.length
  }
  const hits = await search(rows, queries, Math.max(...requests.map(({ k }) => k)))
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

async function search(rows: Rows, queries: Float32Array, wanted: number): Promise<Hits[]> {
  const { dimension, size } = rows
  const count = queries.length / dimension
  const k = Math.min(wanted, size)
  if (k === 0) return Array.from({ length: count }, () => ({ ids: new Float64Array(0), scores: new Float32Array(0) }))
  const step = Math.max(1, Math.min(MOST_QUERIES, Math.floor(MOST_COSINES / size)))
  const hits: Hits[] = []
  for (let from = 0; from < count; from += step) {
    const n = Math.min(step, count - from)
    const best = await session.run({
      queries: new Tensor('float32', queries.subarray(from * dimension, (from + n) * dimension), [n, dimension]),
      matrix: new Tensor('float32', rows.matrix, [size, dimension]),
      k: new Tensor('int64', BigInt64Array.of(BigInt(k)), [1]),
    })
    const scores = best.scores?.data as Float32Array
    const found = best.rows?.data as BigInt64Array
    for (let i = 0; i < n; i++) {
      hits.push({
        ids: Float64Array.from(found.subarray(i * k, (i + 1) * k), (row) => rows.idOf(Number(row))),
        scores: scores.slice(i * k, (i + 1) * k),
      })
    }
  }
  return hits
}
