/** How long the consumer of batches stood waiting for them. */
export interface WaitClock {
  /** Counts the time until `value` is there as waiting. */
  waitFor<T>(value: Promise<T>): Promise<T>
  /** 0..1 of the time since the first wait began; 0 before. */
  share(): number
}

/** @param now milliseconds that only grow */
export function createWaitClock(now: () => number): WaitClock {
  let startedAt: number | undefined
  let waited = 0
  return {
    async waitFor(value) {
      const from = now()
      startedAt ??= from
      try {
        return await value
      } finally {
        waited += now() - from
      }
    },
    share() {
      const elapsed = startedAt === undefined ? 0 : now() - startedAt
      return elapsed > 0 ? Math.min(1, waited / elapsed) : 0
    },
  }
}
