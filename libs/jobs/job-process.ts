import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { DomainError } from '../config/domain-error.js'
import { fromThreadResult, type ThreadResult } from '../config/thread-result.js'

/** What a job's process hears. */
export type ToJob<Assignment> =
  | { readonly kind: 'start'; readonly assignment: Assignment }
  /** The job shall end at the next good place. */
  | { readonly kind: 'stop' }

/** What it says. */
export type FromJob<Said, Result> =
  | { readonly kind: 'said'; readonly said: Said }
  | { readonly kind: 'ended'; readonly result: ThreadResult<Result> }

/** How a job's process ended. */
export type JobOutcome<Result> =
  | { readonly kind: 'returned'; readonly result: Result }
  | { readonly kind: 'refused'; readonly error: DomainError }
  /** Without a word. @param how in words: signal or exit code, and the last of what it wrote */
  | { readonly kind: 'died'; readonly how: string }

/** The process of a job. */
export interface JobProcess<Result> {
  readonly ended: Promise<JobOutcome<Result>>
  /** Asks for its end at the next good place. */
  stop(): void
  /** Ends it whatever it is doing. */
  kill(): void
}

/** What a process is started with. */
export interface JobProcessOptions<Assignment, Said> {
  /** Its script, which calls serveJob. */
  readonly file: URL
  readonly assignment: Assignment
  hear(said: Said): void
}

/** Enough for an exception's first lines. */
const LAST_WORDS = 4_000

/** Starts the process of a job: a crash of native code, or too much memory, must not take the services with it. */
export function startJobProcess<Assignment, Said, Result>({
  file,
  assignment,
  hear,
}: JobProcessOptions<Assignment, Said>): JobProcess<Result> {
  const child = fork(file, [], {
    // Progress has 64-bit integers, which JSON has not.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  })
  // Whatever can go wrong with sending shows as the process's end.
  const send = (message: ToJob<Assignment>) => void (child.connected && child.send(message as object, () => {}))
  send({ kind: 'start', assignment })
  return {
    ended: outcomeOf(child, hear),
    stop: () => send({ kind: 'stop' }),
    kill: () => void child.kill('SIGKILL'),
  }
}

async function outcomeOf<Said, Result>(child: ChildProcess, hear: (said: Said) => void): Promise<JobOutcome<Result>> {
  let outcome: JobOutcome<Result> | undefined
  let lastWords = ''
  child.stderr?.on('data', (text: Buffer) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS)
  })
  child.on('message', (message: FromJob<Said, Result>) => {
    if (message.kind === 'said') hear(message.said)
    else outcome = resultOf(message.result)
  })
  try {
    // Messages may still be on their way when the process has ended.
    await Promise.all([once(child, 'close'), child.connected && once(child, 'disconnect')])
  } catch (error) {
    return { kind: 'died', how: `could not be started: ${(error as Error).message}` }
  }
  const how = child.signalCode ? `was ended by ${child.signalCode}` : `ended with code ${child.exitCode}`
  return outcome ?? { kind: 'died', how: [how, lastWords.trim()].filter((part) => part !== '').join(': ') }
}

function resultOf<Result>(result: ThreadResult<Result>): JobOutcome<Result> {
  try {
    return { kind: 'returned', result: fromThreadResult(result) }
  } catch (error) {
    return { kind: 'refused', error: error as DomainError }
  }
}
