import { isAbortError } from 'abort-controller-x'
import { ClientError, ServerError, Status } from 'nice-grpc'

/** @returns the name of the gRPC status that an error is sent or received as */
export function codeOf(error: unknown): string {
  if (error instanceof ServerError || error instanceof ClientError) return Status[error.code] ?? 'UNKNOWN'
  return isAbortError(error) ? 'CANCELLED' : 'UNKNOWN'
}
