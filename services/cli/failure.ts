import { Status } from 'nice-grpc'
import { DomainError } from '../../libs/config/domain-error.js'
import { failureOf, type RpcFailure } from '../../libs/rpc/rpc-error.js'

/** A command that was given wrongly: nothing was tried. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** What the process exits with. */
export const EXIT_CODE = { ok: 0, failed: 1, usage: 2, unavailable: 3 } as const

/** Reasons of the domain that mean a wrong command line or environment. */
const USAGE_REASONS: ReadonlySet<string> = new Set(['ADDRESS_INSECURE', 'ENVIRONMENT_INVALID'])

/** What is told of an error: one line for people, three fields for programs. */
export interface CliFailure {
  /** Name of a google.rpc.Code. */
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly exitCode: number
}

/** Errors of the file system that a user can do something about. */
const MESSAGE_OF_CODE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'reading or writing is not permitted',
  EPERM: 'the operation is not permitted',
  EISDIR: 'it is a folder, a file is wanted',
  ENOTDIR: 'it is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
}

/** @returns what any thrown value means to the user of the command */
export function toCliFailure(error: unknown): CliFailure {
  if (error instanceof UsageError) {
    return { status: 'INVALID_ARGUMENT', reason: 'USAGE', message: error.message, exitCode: EXIT_CODE.usage }
  }
  const system = systemFailure(error)
  if (system) return system
  const failure = failureOf(error)
  const status = Status[failure.status] ?? 'UNKNOWN'
  // Our own bug, in this process: there is no server log to look into.
  const message = failure.cause === undefined ? failure.message : String(failure.cause)
  return { status, reason: failure.reason, message, exitCode: exitCodeOf(failure) }
}

function exitCodeOf({ status, reason }: RpcFailure): number {
  if (USAGE_REASONS.has(reason)) return EXIT_CODE.usage
  return status === Status.UNAVAILABLE ? EXIT_CODE.unavailable : EXIT_CODE.failed
}

function systemFailure(error: unknown): CliFailure | undefined {
  if (!(error instanceof Error) || error instanceof DomainError) return undefined
  const { code, path, message } = error as NodeJS.ErrnoException
  const meaning = typeof code === 'string' ? MESSAGE_OF_CODE[code] : undefined
  if (code === undefined || meaning === undefined) return undefined
  return {
    status: code === 'ENOENT' ? 'NOT_FOUND' : 'FAILED_PRECONDITION',
    reason: code === 'ENOENT' ? 'FILE_NOT_FOUND' : `SYSTEM_${code}`,
    message: path === undefined ? `${meaning} (${message})` : `${path}: ${meaning}`,
    exitCode: EXIT_CODE.failed,
  }
}
