import { randomUUID } from 'node:crypto'
import type { Metadata } from 'nice-grpc'

/** What names a call in the logs, here and where it came from. */
export interface CallIds {
  readonly requestId: string
  /** Absent where nothing is traced. */
  readonly traceId?: string
}

/** Name of the metadata that carries a request's id from the caller, and back to whoever sent none. */
export const REQUEST_ID = 'x-request-id'

/** Short and plain, as it goes into every line of the log. */
const FORM = /^[\w.:-]{1,128}$/

/** @returns the caller's id for the request, or a new one where it has none that can be used */
export function requestIdOf(metadata: Metadata): string {
  const given = metadata.get(REQUEST_ID)
  return given !== undefined && FORM.test(given) ? given : randomUUID()
}
