import { Worker } from 'node:worker_threads'
import { checkVectors } from './check-vectors.js'
import type { IndexRequest, ThreadReply, ThreadRequest } from './thread-messages.js'
import type { Snapshot, VectorIndex } from './vector-index.js'

/** Search by one thread that holds the vectors of any number of indexes. */
export interface ThreadSearch {
  /** Starts an empty index. */
  createIndex(dimension: number): VectorIndex
  /** Ends the thread; calls under way and later ones reject. */
  close(): Promise<void>
}

type Done = Extract<ThreadReply, { kind: 'done' }>
type WithoutCall<T> = T extends unknown ? Omit<T, 'call'> : never

interface Waiting {
  resolve(reply: Done): void
  reject(error: unknown): void
}

/**
 * Starts a thread that searches.
 * @param file its file, which calls serveIndexes
 * @param workerData what the file is started with
 * @param name for messages, e.g. `exact search`
 */
export function createThreadSearch(file: URL, workerData: unknown, name: string): ThreadSearch {
  const worker = new Worker(file, { workerData })
  const waiting = new Map<number, Waiting>()
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  let ended: Error | undefined
  let lastCall = 0
  let lastIndex = 0

  const end = (error: Error) => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
  }
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', () => end(new Error(`the ${name} is closed`)))
  worker.on('message', (reply: ThreadReply) => {
    const call = settle(reply.call)
    if (reply.kind === 'done') call?.resolve(reply)
    else call?.reject(new Error(`${name} failed: ${reply.message}`))
  })
  // An idle index must not keep a process alive; whoever waits for an answer does.
  worker.unref()

  function settle(call: number): Waiting | undefined {
    const found = waiting.get(call)
    waiting.delete(call)
    if (waiting.size === 0) worker.unref()
    return found
  }

  const send = (request: ThreadRequest) => worker.postMessage(request)

  function ask(request: WithoutCall<IndexRequest>, signal?: AbortSignal): Promise<Done> {
    if (ended) return Promise.reject(ended)
    if (signal?.aborted) return Promise.reject(signal.reason)
    const call = ++lastCall
    const answered = new Promise<Done>((resolve, reject) => {
      waiting.set(call, { resolve, reject })
      worker.ref()
      send({ ...request, call })
    })
    if (!signal) return answered
    const cancel = () => {
      send({ kind: 'cancel', call })
      settle(call)?.reject(signal.reason)
    }
    signal.addEventListener('abort', cancel, { once: true })
    return answered.finally(() => signal.removeEventListener('abort', cancel))
  }

  return {
    createIndex(dimension) {
      const index = ++lastIndex
      let size = 0
      // A failure here shows again in the first call of the index.
      ask({ kind: 'open', index, dimension }).catch(() => undefined)
      const tell = async (request: WithoutCall<IndexRequest>, signal?: AbortSignal) => {
        const reply = await ask(request, signal)
        size = reply.size
        return reply
      }
      const close = async () => {
        await tell({ kind: 'drop', index })
      }
      return {
        dimension,
        get size() {
          return size
        },
        async upsert(ids, vectors) {
          checkVectors(vectors, dimension, ids.length)
          await tell({ kind: 'upsert', index, ids: Float64Array.from(ids), vectors })
        },
        async remove(ids) {
          await tell({ kind: 'remove', index, ids: Float64Array.from(ids) })
        },
        async search(queries, k, signal) {
          checkVectors(queries, dimension)
          return (await tell({ kind: 'search', index, queries, k }, signal)).hits ?? []
        },
        async snapshot(): Promise<Snapshot> {
          const { snapshot } = await tell({ kind: 'snapshot', index })
          return snapshot ?? { ids: new Float64Array(0), vectors: new Float32Array(0) }
        },
        close,
        drop: close,
      }
    },
    async close() {
      if (!ended) send({ kind: 'stop' })
      end(new Error(`the ${name} is closed`))
      worker.ref()
      await exited
    },
  }
}
