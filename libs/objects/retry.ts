import { setTimeout } from 'node:timers/promises'

/** How long to go on with what failed. */
export interface RetryOptions {
  /** Milliseconds from the first attempt after which none is begun. */
  readonly patienceMs: number
  /** Whether a failure may pass by itself. */
  isPassing(error: unknown): boolean
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000

/**
 * Does a task until it succeeds, fails for good, or patience is out; between attempts it waits twice as long each time, less a random part:
 * callers that failed together must not come back together.
 * @throws the last failure
 */
export async function retry<T>(task: () => Promise<T>, { patienceMs, isPassing }: RetryOptions): Promise<T> {
  const end = performance.now() + patienceMs
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await task()
    } catch (error) {
      const wait = pause * (0.5 + Math.random() / 2)
      if (!isPassing(error) || performance.now() + wait > end) throw error
      await setTimeout(wait)
    }
  }
}
