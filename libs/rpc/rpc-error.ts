import { randomUUID } from 'node:crypto'
import { isAbortError } from 'abort-controller-x'
import { ClientError, ServerError, Status } from 'nice-grpc'
import { ErrorInfo, RetryInfo, RichClientError, RichServerError } from 'nice-grpc-error-details'
import type { ItemError } from '../../gen/crossres/v1/common.js'
import { DomainError } from '../config/domain-error.js'
import { statusOfReason } from './status-of-reason.js'

/** `domain` of every google.rpc.ErrorInfo that crossres sends. */
export const ERROR_DOMAIN = 'crossres'

/** Statuses worth trying again, each with how long to wait first. */
const RETRY_AFTER_SECONDS: ReadonlyMap<Status, number> = new Map([
  [Status.RESOURCE_EXHAUSTED, 1],
  [Status.UNAVAILABLE, 1],
])

/** What is told of an error: to the caller all but `cause`, to the log everything. */
export interface RpcFailure {
  readonly status: Status
  readonly reason: string
  readonly message: string
  readonly metadata: Readonly<Record<string, string>>
  /** Set where the error is our own fault; callers must not see it. */
  readonly cause?: unknown
}

/** @returns what any thrown value means to a caller; unknown errors become INTERNAL with an id to look for in the log */
export function failureOf(error: unknown): RpcFailure {
  if (error instanceof DomainError) {
    return {
      status: statusOfReason(error.reason),
      reason: error.reason,
      message: error.message,
      metadata: error.metadata,
    }
  }
  if (error instanceof ServerError || error instanceof ClientError) {
    const info = errorInfoOf(error)
    return {
      status: error.code,
      reason: info?.reason ?? Status[error.code] ?? 'UNKNOWN',
      message: error.details,
      metadata: info?.metadata ?? {},
    }
  }
  if (isAbortError(error)) {
    return {
      status: Status.CANCELLED,
      reason: 'CALL_CANCELLED',
      message: 'The caller cancelled the call.',
      metadata: {},
    }
  }
  const errorId = randomUUID()
  return {
    status: Status.INTERNAL,
    reason: 'INTERNAL',
    message: `The server failed; its log says why under error id ${errorId}.`,
    metadata: { error_id: errorId },
    cause: error,
  }
}

/** @returns a failure as the error that leaves a service, with google.rpc.ErrorInfo and, where a retry helps, RetryInfo */
export function toServerError(failure: RpcFailure): RichServerError {
  const info = ErrorInfo.fromPartial({
    reason: failure.reason,
    domain: ERROR_DOMAIN,
    metadata: { ...failure.metadata },
  })
  const seconds = failure.reason === 'MESSAGE_TOO_LARGE' ? undefined : RETRY_AFTER_SECONDS.get(failure.status)
  const retry = seconds === undefined ? [] : [RetryInfo.fromPartial({ retryDelay: { seconds, nanos: 0 } })]
  return new RichServerError(failure.status, failure.message, [info, ...retry])
}

/** @returns a failure as one item of a stream or batch */
export function toItemError(error: unknown): ItemError {
  const { status, reason, message, metadata } = failureOf(error)
  return { code: status, reason, message, metadata: { ...metadata } }
}

/** @returns an item's error as the error it was made from */
export function fromItemError(error: ItemError): DomainError {
  return new DomainError(error.reason, error.message, error.metadata)
}

function errorInfoOf(
  error: ServerError | ClientError,
): { reason: string; metadata: Record<string, string> } | undefined {
  if (!(error instanceof RichServerError || error instanceof RichClientError)) return undefined
  const info = error.extra.find((detail) => detail.$type === ErrorInfo.$type)
  return info?.$type === ErrorInfo.$type ? (info as ErrorInfo) : undefined
}
