/** Calls that wait for a connection, and end with it. */
export interface PendingCalls {
  /** The outcome of `work`; rejects as soon as `signal` is aborted or the calls are ended, whatever becomes of the work. */
  wait<T>(work: Promise<T>, signal?: AbortSignal): Promise<T>
  /** Rejects those that wait, and later ones. */
  end(error: Error): void
}

export function createPendingCalls(): PendingCalls {
  // Not a promise to race against: it would hold every call until the end.
  const waiting = new Set<(error: unknown) => void>()
  let ended: Error | undefined

  return {
    wait(work, signal) {
      return new Promise((resolve, reject) => {
        const abort = () => reject(signal?.reason)
        waiting.add(reject)
        signal?.addEventListener('abort', abort, { once: true })
        const settled = () => {
          waiting.delete(reject)
          signal?.removeEventListener('abort', abort)
        }
        work.then(resolve, reject).finally(settled)
        if (ended) reject(ended)
        if (signal?.aborted) abort()
      })
    },
    end(error) {
      ended ??= error
      for (const reject of waiting) reject(ended)
      waiting.clear()
    },
  }
}
