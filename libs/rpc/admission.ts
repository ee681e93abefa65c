import { DomainError } from '../config/domain-error.js'

/** Limits of what a service holds at once. */
export interface AdmissionLimits {
  /** Calls at work or waiting. */
  readonly maxCalls: number
  /** Encoded bytes that those calls hold. */
  readonly maxBytes: number
}

/** Counts the calls that a service holds and refuses more than it can hold: memory stays bounded whatever callers do. */
export interface Admission {
  /**
   * Takes a call in.
   * @param bytes size of its pictures as they came
   * @returns what the call must run when it ends, however it ends
   * @throws DomainError QUEUE_FULL
   */
  enter(bytes: number): () => void
  /** Calls held now. */
  readonly calls: number
}

/** @returns an empty admission */
export function createAdmission(limits: AdmissionLimits): Admission {
  let calls = 0
  let held = 0
  return {
    enter(bytes) {
      // A single call is never refused for its size: the message limit has judged that.
      if (calls >= limits.maxCalls || (calls > 0 && held + bytes > limits.maxBytes)) {
        throw new DomainError(
          'QUEUE_FULL',
          `The server holds ${calls} calls and takes no more now: wait a moment and try again, with fewer calls at once.`,
          { calls: String(calls), max_calls: String(limits.maxCalls) },
        )
      }
      calls += 1
      held += bytes
      let left = false
      return () => {
        if (left) return
        left = true
        calls -= 1
        held -= bytes
      }
    },
    get calls() {
      return calls
    },
  }
}
