import { constants, getPriority, setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { DomainError } from '../../../libs/config/domain-error.js'
import { acquireFolder } from '../../../libs/config/exclusive-folder.js'
import { toThreadResult } from '../../../libs/config/thread-result.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import { openObjectStore } from '../../../libs/objects/open-object-store.js'
import type { RunTraining } from '../run/run-types.js'
import type { FromRun, RunAssignment, ToRun } from './run-messages.js'
import { createThrottle } from './throttle.js'

/** What the process of a run is made of. */
export interface RunParts {
  loadTensorFlow(): Promise<TensorFlow>
  readonly runTraining: RunTraining
}

const PROGRESS_MS = 250
const NICE = 5
const HOLD_EVERY_MS = 100

/**
 * The life of a run's process: waits for its assignment, trains, says how that went, ends. It ends at once when its parent is gone, so
 * that a restarted service finds nobody at work on the run; what is no error of the domain ends it, too, and is told on stderr.
 */
export function serveRun(host: NodeJS.Process, parts: RunParts): void {
  const stopping = new AbortController()
  // Before there are threads, which inherit it: whoever waits for an answer of the services goes first.
  setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICE))
  // A terminal signals the whole group; it is the parent that decides what becomes of the run.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) host.on(signal, () => {})
  host.on('disconnect', () => host.exit(0))
  host.on('message', (message: ToRun) => {
    if (message.kind === 'stop') stopping.abort()
    else void train(message.assignment)
  })

  const send = (message: FromRun) =>
    new Promise<void>((resolve, reject) =>
      host.send?.(message, (error: Error | null) => (error ? reject(error) : resolve())),
    )

  async function train(assignment: RunAssignment): Promise<void> {
    const { spec, store, holdFolder, ...settings } = assignment
    const progress = createThrottle<FromRun>(
      PROGRESS_MS,
      () => performance.now(),
      (message) => void send(message),
    )
    const result = await toThreadResult(async () => {
      await holdAlone(holdFolder)
      const objects = await openObjectStore(store, spec.id)
      const deps = { ...settings, objects, tf: await parts.loadTensorFlow() }
      return parts.runTraining(deps, spec, {
        progressed: (figures) => progress.offer({ kind: 'progressed', progress: figures }),
        checkpointStored(step, key) {
          progress.flush()
          void send({ kind: 'checkpoint', step, key })
        },
        signal: stopping.signal,
      })
    })
    progress.flush()
    await send({ kind: 'ended', result })
    host.exit(0)
  }
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
