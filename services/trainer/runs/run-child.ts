import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Logger } from 'pino'
import type { TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import type { DomainError } from '../../../libs/config/domain-error.js'
import { fromThreadResult } from '../../../libs/config/thread-result.js'
import type { RunResult } from '../run/run-types.js'
import type { FromRun, RunAssignment, ToRun } from './run-messages.js'

/** What is heard of a run. */
export interface RunListener {
  progressed(progress: TrainingProgress): void
  /** @param key of the checkpoint's object */
  checkpointStored(step: number, key: string): void
}

/** How a run's process ended. */
export type RunOutcome =
  | { readonly kind: 'returned'; readonly result: RunResult }
  | { readonly kind: 'refused'; readonly error: DomainError }
  /** Without a word. @param how in words: signal or exit code, and the last of what it wrote */
  | { readonly kind: 'died'; readonly how: string }

/** The process of a run. */
export interface RunChild {
  readonly ended: Promise<RunOutcome>
  /** Asks for its end after the present step, with a checkpoint. */
  stop(): void
  /** Ends it whatever it is doing. */
  kill(): void
}

/** What a process is started with. */
export interface RunChildOptions {
  /** Its script, which calls serveRun. */
  readonly file: URL
  readonly assignment: RunAssignment
  readonly listener: RunListener
  readonly logger: Logger
}

/** Enough for an exception's first lines. */
const LAST_WORDS = 4_000

/** Starts the process of a run: a crash of native code, or too much memory, must not take the services with it. */
export function startRunChild({ file, assignment, listener, logger }: RunChildOptions): RunChild {
  const child = fork(file, [], {
    // Progress has 64-bit integers, which JSON has not.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  })
  // Whatever can go wrong with sending shows as the process's end.
  const send = (message: ToRun) => void (child.connected && child.send(message, () => {}))
  send({ kind: 'start', assignment })
  return {
    ended: outcomeOf(child, listener).then((outcome) => {
      if (outcome.kind === 'died')
        logger.error({ training: assignment.spec.id }, `the process of a training ${outcome.how}`)
      return outcome
    }),
    stop: () => send({ kind: 'stop' }),
    kill: () => void child.kill('SIGKILL'),
  }
}

async function outcomeOf(child: ChildProcess, listener: RunListener): Promise<RunOutcome> {
  let outcome: RunOutcome | undefined
  let lastWords = ''
  child.stderr?.on('data', (text: Buffer) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS)
  })
  child.on('message', (message: FromRun) => {
    if (message.kind === 'progressed') listener.progressed(message.progress)
    else if (message.kind === 'checkpoint') listener.checkpointStored(message.step, message.key)
    else outcome = resultOf(message)
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

function resultOf({ result }: Extract<FromRun, { kind: 'ended' }>): RunOutcome {
  try {
    return { kind: 'returned', result: fromThreadResult(result) }
  } catch (error) {
    return { kind: 'refused', error: error as DomainError }
  }
}
