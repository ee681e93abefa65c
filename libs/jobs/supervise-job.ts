import type { DomainError } from '../config/domain-error.js'
import type { JobProcess } from './job-process.js'
import type { WorkingJob } from './job-worker.js'

/**
 * A job at work, over as many processes as it takes.
 * @param start starts a process, whose result is undefined where it was stopped
 * @param died what a process that ended without a word means: the error that the job ends with, or undefined to start another one
 */
export function superviseJob<Result>(
  start: () => JobProcess<Result | undefined>,
  died: (how: string) => DomainError | undefined,
): WorkingJob<Result> {
  let stopping = false
  let child = start()

  async function toTheEnd(): Promise<Result | undefined> {
    for (;;) {
      const outcome = await child.ended
      if (outcome.kind === 'returned') return outcome.result
      if (outcome.kind === 'refused') throw outcome.error
      if (stopping) return undefined
      const error = died(outcome.how)
      if (error) throw error
      child = start()
    }
  }

  return {
    ended: toTheEnd(),
    stop() {
      stopping = true
      child.stop()
    },
    kill() {
      stopping = true
      child.kill()
    },
  }
}
