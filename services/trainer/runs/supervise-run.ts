import { DomainError } from '../../../libs/config/domain-error.js'
import type { RunResult } from '../run/run-types.js'
import type { RunChild, RunListener } from './run-child.js'

/** A run at work, over as many processes as it takes. */
export interface SupervisedRun {
  /**
   * @returns its result; without one the run was stopped
   * @throws DomainError what the run threw; TRAINING_PROCESS_DIED
   */
  readonly ended: Promise<RunResult>
  /** Asks for its end after the present step, with a checkpoint. */
  stop(): void
  /** Ends it whatever it is doing: it can go on at its last checkpoint. */
  kill(): void
}

/** How often in a row a run is tried again when its process dies and has got no further. */
const RETRIES = 3

/**
 * Keeps a run going: where its process dies, the next one begins at the last checkpoint.
 * @param start starts a process
 */
export function superviseRun(start: (listener: RunListener) => RunChild, listener: RunListener): SupervisedRun {
  let stopping = false
  let deaths = 0
  const watched: RunListener = {
    ...listener,
    checkpointStored(step, key) {
      deaths = 0
      listener.checkpointStored(step, key)
    },
  }
  let child = start(watched)

  async function toTheEnd(): Promise<RunResult> {
    for (;;) {
      const outcome = await child.ended
      if (outcome.kind === 'returned') return outcome.result
      if (outcome.kind === 'refused') throw outcome.error
      if (stopping) return {}
      deaths += 1
      if (deaths > RETRIES) throw died(outcome.how)
      child = start(watched)
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

function died(how: string): DomainError {
  return new DomainError(
    'TRAINING_PROCESS_DIED',
    `The process of the training ${how.split('\n')[0]}, ${RETRIES + 1} times without getting further. Where memory ran out, lower micro_batch; the service's log says more. Then resume.`,
    { attempts: String(RETRIES + 1) },
  )
}
