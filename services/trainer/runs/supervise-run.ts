import { DomainError } from '../../../libs/config/domain-error.js'
import type { WorkingJob } from '../../../libs/jobs/job-worker.js'
import { superviseJob } from '../../../libs/jobs/supervise-job.js'
import type { RunResult } from '../run/run-types.js'
import type { RunChild, RunListener } from './run-child.js'

/** How often in a row a run is tried again when its process dies and has got no further. */
const RETRIES = 3

/**
 * Keeps a run going: where its process dies, the next one begins at the last checkpoint. Its errors: what the run threw, and
 * TRAINING_PROCESS_DIED.
 * @param start starts a process
 */
export function superviseRun(start: (listener: RunListener) => RunChild, listener: RunListener): WorkingJob<RunResult> {
  let deaths = 0
  const watched: RunListener = {
    ...listener,
    checkpointStored(step, key) {
      deaths = 0
      listener.checkpointStored(step, key)
    },
  }
  return superviseJob(
    () => start(watched),
    (how) => {
      deaths += 1
      return deaths > RETRIES ? died(how) : undefined
    },
  )
}

function died(how: string): DomainError {
  return new DomainError(
    'TRAINING_PROCESS_DIED',
    `The process of the training ${how.split('\n')[0]}, ${RETRIES + 1} times without getting further. Where memory ran out, lower micro_batch; the service's log says more. Then resume.`,
    { attempts: String(RETRIES + 1) },
  )
}
