import type { Clients } from '../../libs/rpc/client.js'
import type { Output } from './output.js'
import type { StartProgress } from './progress.js'
import type { Terminal } from './terminal.js'

/** Options that every command knows. */
export interface GlobalOptions {
  /** `host:port` of a running server. */
  readonly address?: string
  /** Holds all state of the embedded server. */
  readonly dataFolder: string
  /** Holds what can be made again. */
  readonly cacheFolder: string
  /** One JSON document on stdout. */
  readonly json: boolean
  /** Logs of the embedded server, and stack traces, on stderr. */
  readonly verbose: boolean
}

/** What every command works with. */
export interface CommandContext {
  readonly options: GlobalOptions
  readonly terminal: Terminal
  readonly output: Output
  readonly startProgress: StartProgress
  /** Aborts when the user wants an end; goes into every call. */
  readonly signal: AbortSignal
  /** Connects to a server, or starts one for the time of `work`. */
  withClients<T>(work: (clients: Clients) => Promise<T>): Promise<T>
}

/** Wraps the work of a command as commander's action; the work may answer an exit code. */
export type Run = <Args extends unknown[]>(
  work: (context: CommandContext, ...args: Args) => Promise<number> | Promise<void>,
) => (...args: Args) => Promise<void>
