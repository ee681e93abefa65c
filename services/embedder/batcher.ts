import { DomainError } from '../../libs/config/domain-error.js'

/** Settings of a batcher; the first two mean what Triton's dynamic batcher means by them. */
export interface BatcherOptions<T, R> {
  /** Items of one run at most. */
  readonly maxBatchSize: number
  /** Milliseconds that an item may wait for company, counted from its arrival. */
  readonly maxQueueDelayMs: number
  /** Items waiting at most. */
  readonly maxQueueSize: number
  /** Runs a batch; answers one result an item, in order. Its failure is the failure of every item. */
  run(items: readonly T[]): Promise<readonly R[]>
  /** Items on their way to the batcher: none means that waiting for company is in vain. */
  incoming?(): number
}

/** Gathers single items into batches for an engine that runs one batch at a time. */
export interface Batcher<T, R> {
  /**
   * Waits for the item's result. An item whose signal aborts before its batch starts never reaches the engine.
   * @throws DomainError QUEUE_FULL; the signal's reason; whatever the run throws
   */
  submit(item: T, signal?: AbortSignal): Promise<R>
  /** Items waiting now. */
  readonly waiting: number
}

interface Entry<T, R> {
  readonly item: T
  readonly arrived: number
  resolve(result: R): void
  reject(error: unknown): void
}

/** @returns an idle batcher */
export function createBatcher<T, R>(options: BatcherOptions<T, R>): Batcher<T, R> {
  let queue: Entry<T, R>[] = []
  let running = false
  let timer: NodeJS.Timeout | undefined

  const consider = () => {
    clearTimeout(timer)
    const oldest = queue[0]
    if (running || !oldest) return
    const patience = oldest.arrived + options.maxQueueDelayMs - performance.now()
    const full = queue.length >= options.maxBatchSize
    const comingSoon = (options.incoming?.() ?? 0) > 0
    if (full || !comingSoon || patience <= 0) void start()
    else timer = setTimeout(consider, patience)
  }

  const start = async () => {
    running = true
    const batch = queue.slice(0, options.maxBatchSize)
    queue = queue.slice(options.maxBatchSize)
    try {
      const results = await options.run(batch.map((entry) => entry.item))
      batch.forEach((entry, index) => {
        entry.resolve(results[index] as R)
      })
    } catch (error) {
      for (const entry of batch) entry.reject(error)
    } finally {
      running = false
      // Those just answered may send their next item in this turn: let them, before a batch closes without them.
      setImmediate(consider)
    }
  }

  return {
    submit(item, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason)
      if (queue.length >= options.maxQueueSize) {
        return Promise.reject(
          new DomainError(
            'QUEUE_FULL',
            `${queue.length} faces wait for the network and no more can: wait a moment and try again, with fewer calls at once.`,
            { waiting: String(queue.length) },
          ),
        )
      }
      return new Promise<R>((resolve, reject) => {
        const leave = () => {
          queue = queue.filter((waiting) => waiting !== entry)
          reject(signal?.reason)
        }
        const settle = () => signal?.removeEventListener('abort', leave)
        const entry: Entry<T, R> = {
          item,
          arrived: performance.now(),
          resolve(result) {
            settle()
            resolve(result)
          },
          reject(error) {
            settle()
            reject(error)
          },
        }
        signal?.addEventListener('abort', leave, { once: true })
        queue.push(entry)
        consider()
      })
    },
    get waiting() {
      return queue.length
    },
  }
}
