/**
 * An error of the domain, meant for the caller to read: `reason` is a stable UPPER_SNAKE_CASE word that programs can test
 * (it becomes google.rpc.ErrorInfo.reason), `message` says what is wrong and what to do, `metadata` carries the values.
 * libs/rpc/status-of-reason.ts maps every reason to its gRPC status.
 */
export class DomainError extends Error {
  readonly reason: string
  readonly metadata: Readonly<Record<string, string>>

  constructor(reason: string, message: string, metadata: Readonly<Record<string, string>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'DomainError'
    this.reason = reason
    this.metadata = metadata
  }
}
