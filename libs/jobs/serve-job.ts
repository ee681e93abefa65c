import { constants, getPriority, setPriority } from 'node:os'
import { toThreadResult } from '../config/thread-result.js'
import type { FromJob, ToJob } from './job-process.js'

/** What a job at work knows of its surroundings. */
export interface JobSurroundings<Said> {
  say(said: Said): void
  /** Aborts when the job shall end at the next good place. */
  readonly signal: AbortSignal
}

const NICE = 5

/**
 * The life of a job's process: waits for its assignment, works, says how that went, ends. It ends at once when its parent is gone, so
 * that a restarted service finds nobody at work on the job; what is no error of the domain ends it, too, and is told on stderr.
 */
export function serveJob<Assignment, Said, Result>(
  host: NodeJS.Process,
  work: (assignment: Assignment, surroundings: JobSurroundings<Said>) => Promise<Result>,
): void {
  const stopping = new AbortController()
  // Before there are threads, which inherit it: whoever waits for an answer of the services goes first.
  setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICE))
  // A terminal signals the whole group; it is the parent that decides what becomes of the job.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) host.on(signal, () => {})
  host.on('disconnect', () => host.exit(0))
  host.on('message', (message: ToJob<Assignment>) => {
    if (message.kind === 'stop') stopping.abort()
    else void begin(message.assignment)
  })

  const send = (message: FromJob<Said, Result>) =>
    new Promise<void>((resolve, reject) =>
      host.send?.(message, (error: Error | null) => (error ? reject(error) : resolve())),
    )

  async function begin(assignment: Assignment): Promise<void> {
    const say = (said: Said) => void send({ kind: 'said', said })
    const result = await toThreadResult(() => work(assignment, { say, signal: stopping.signal }))
    await send({ kind: 'ended', result })
    host.exit(0)
  }
}
