/** Passes on values, but not too often. */
export interface Throttle<T> {
  /** Passes the value on, or keeps it as the latest where the last one was passed on only just now. */
  offer(value: T): void
  /** Passes on the latest value where it was kept. */
  flush(): void
}

/**
 * @param everyMs least time between two values
 * @param now a clock in ms
 */
export function createThrottle<T>(everyMs: number, now: () => number, pass: (value: T) => void): Throttle<T> {
  let passedAt = Number.NEGATIVE_INFINITY
  let kept: { readonly value: T } | undefined
  const passNow = (value: T) => {
    kept = undefined
    passedAt = now()
    pass(value)
  }
  return {
    offer(value) {
      if (now() - passedAt >= everyMs) passNow(value)
      else kept = { value }
    },
    flush() {
      if (kept) passNow(kept.value)
    },
  }
}
