import { setTimeout as sleep } from 'node:timers/promises'
import { DomainError } from '../../../libs/config/domain-error.js'
import { acquireFolder } from '../../../libs/config/exclusive-folder.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import { serveJob } from '../../../libs/jobs/serve-job.js'
import { createThrottle } from '../../../libs/jobs/throttle.js'
import { openObjectStore } from '../../../libs/objects/open-object-store.js'
import type { RunResult, RunTraining } from '../run/run-types.js'
import type { FromRun, RunAssignment } from './run-messages.js'

/** What the process of a run is made of. */
export interface RunParts {
  loadTensorFlow(): Promise<TensorFlow>
  readonly runTraining: RunTraining
}

const PROGRESS_MS = 250
const HOLD_EVERY_MS = 100

/** The life of a run's process, see serveJob. */
export function serveRun(host: NodeJS.Process, parts: RunParts): void {
  serveJob<RunAssignment, FromRun, RunResult>(host, async (assignment, { say, signal }) => {
    const { spec, store, holdFolder, ...settings } = assignment
    const progress = createThrottle<FromRun>(PROGRESS_MS, () => performance.now(), say)
    try {
      await holdAlone(holdFolder)
      const objects = await openObjectStore(store, spec.id)
      const deps = { ...settings, objects, tf: await parts.loadTensorFlow() }
      return await parts.runTraining(deps, spec, {
        progressed: (figures) => progress.offer({ kind: 'progressed', progress: figures }),
        checkpointStored(step, key) {
          progress.flush()
          say({ kind: 'checkpoint', step, key })
        },
        signal,
      })
    } finally {
      progress.flush()
    }
  })
}

/** An earlier process of the run, whose parent was killed, may still be at its last step. */
async function holdAlone(folder: string) {
  for (;;) {
    try {
      return await acquireFolder(folder)
    } catch (error) {
      if (!(error instanceof DomainError && error.reason === 'DATA_FOLDER_IN_USE')) throw error
      await sleep(HOLD_EVERY_MS)
    }
  }
}
