import { DomainError } from '../config/domain-error.js'
import type { Protocol } from './protocol.js'

/** What is opened, and how; see openProtocol. */
export interface ProtocolRequest {
  /** Absolute path of the user's copy of the data set. */
  readonly folder: string
  /** An integer; readers of fixed lists do not draw. */
  readonly seed: number
  readonly options: ProtocolOptions
}

/** Matters to `folder` only: the lists of the others are fixed. */
export interface ProtocolOptions {
  /** Names of the subject folders to use; default: all. For subjects that a model was not trained on. */
  readonly subjects?: readonly string[]
  /** Non-mated pairs to draw at most; default 1,000,000. */
  readonly nonMatedPairs?: number
}

/** Where a protocol comes from: a small record, and its reader. */
export interface ProtocolSource {
  /** As in `--protocol NAME`. */
  readonly name: string
  /** As its field calls it. */
  readonly title: string
  /** How it is obtained from whom it belongs to. */
  readonly distribution: string
  /** The files and folders that the reader expects in the folder, for messages. */
  readonly layout: string
  /** @throws DomainError PROTOCOL_DATA_MISSING, PROTOCOL_DATA_INVALID */
  open(request: ProtocolRequest): Promise<Protocol[]>
}

/** What messages say of a data set. */
export type Origin = Pick<ProtocolSource, 'title' | 'distribution' | 'layout'>

/** A file or folder of the data set is not there. */
export function dataMissing(origin: Origin, path: string, problem = 'is missing', cause?: unknown): DomainError {
  return new DomainError(
    'PROTOCOL_DATA_MISSING',
    `${path} ${problem}. ${origin.title} is expected as ${origin.layout}. ${origin.distribution}`,
    { path },
    cause,
  )
}

/** A file of the data set is there but cannot be right. */
export function dataInvalid(origin: Origin, file: string, problem: string, cause?: unknown): DomainError {
  return new DomainError(
    'PROTOCOL_DATA_INVALID',
    `${file} cannot be used: ${problem}. ${origin.title} is expected as ${origin.layout}. ${origin.distribution}`,
    { path: file },
    cause,
  )
}

/**
 * Runs a parser that throws plain errors, and says in which file it failed.
 * @throws DomainError PROTOCOL_DATA_INVALID
 */
export function parsing<T>(origin: Origin, file: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw failed(origin, file, cause)
  }
}

/** As parsing, for a parser that reads its file itself. */
export async function parsingAsync<T>(origin: Origin, file: string, parse: () => Promise<T>): Promise<T> {
  try {
    return await parse()
  } catch (cause) {
    throw failed(origin, file, cause)
  }
}

function failed(origin: Origin, file: string, cause: unknown): DomainError {
  if (cause instanceof DomainError) return cause
  return dataInvalid(origin, file, cause instanceof Error ? cause.message : String(cause), cause)
}
