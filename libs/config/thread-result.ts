import { DomainError } from './domain-error.js'

/** What a thread answers. Errors lose their class on the way: those of the domain travel as their parts. */
export type ThreadResult<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false
      readonly reason: string
      readonly message: string
      readonly metadata: Readonly<Record<string, string>>
    }

/** Runs in the thread: catches the errors of the domain. */
export async function toThreadResult<T>(work: () => Promise<T>): Promise<ThreadResult<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { ok: false, reason: error.reason, message: error.message, metadata: error.metadata }
  }
}

/** Runs outside the thread. @throws DomainError what the thread caught */
export function fromThreadResult<T>(result: ThreadResult<T>): T {
  if (result.ok) return result.value
  throw new DomainError(result.reason, result.message, result.metadata)
}
