import { SHARE_ENV } from 'node:worker_threads'
import pLimit from 'p-limit'
import { Piscina } from 'piscina'
import { fromThreadResult, type ThreadResult } from './thread-result.js'

/** Threads that all run the same function. */
export interface ThreadPool<Task, Result> {
  /**
   * Waits for a free thread. A task whose signal aborts before that is dropped; one at work is finished.
   * @param options.move buffers of the task that are given away instead of copied
   * @throws the signal's reason; DomainError whatever the thread's function throws
   */
  run(task: Task, options?: { readonly signal?: AbortSignal; readonly move?: ArrayBuffer[] }): Promise<Result>
  /** Waits for the tasks at work, then ends the threads. */
  close(): Promise<void>
}

/** Settings of a pool. */
export interface ThreadPoolOptions {
  /** Module whose default export takes a task and answers a ThreadResult. */
  readonly file: URL
  readonly threads: number
  /** Given to every thread at its start. */
  readonly data?: unknown
  /** Whether native code that a thread loads sees the environment variables that the thread sets; default: it does not. */
  readonly sharesEnvironment?: boolean
  /** Ends threads that have had nothing to do for this long; default: never. */
  readonly idleMs?: number
}

/** Threads are started when they are first needed. */
export function createThreadPool<Task, Result>(options: ThreadPoolOptions): ThreadPool<Task, Result> {
  const pool = new Piscina<Task, ThreadResult<Result>>({
    filename: options.file.href,
    workerData: options.data,
    ...(options.sharesEnvironment && { env: SHARE_ENV }),
    minThreads: 0,
    maxThreads: options.threads,
    idleTimeout: options.idleMs ?? Number.POSITIVE_INFINITY,
  })
  // The queue is kept here: the pool aborts a task by ending its thread, and a new one must load everything again.
  const free = pLimit(options.threads)

  return {
    run: (task, { signal, move } = {}) =>
      free(async () => {
        signal?.throwIfAborted()
        return fromThreadResult(await pool.run(task, move && { transferList: move }))
      }),
    close: () => pool.close(),
  }
}
