import { join } from 'node:path'
import type { Logger } from 'pino'
import { acquireFolder } from '../../libs/config/exclusive-folder.js'
import { workerFile } from '../../libs/config/worker-file.js'
import { requireTensorFlow } from '../../libs/engine/tensorflow.js'
import type { EventBus } from '../../libs/events/event-bus.js'
import { openWorkerName } from '../../libs/jobs/worker-name.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import type { StoreDescription } from '../../libs/objects/open-object-store.js'
import type { Servable } from '../../libs/rpc/serve.js'
import { writeTrainingPage } from './report/write-training-page.js'
import { startRunChild } from './runs/run-child.js'
import { createRunQueue } from './runs/run-queue.js'
import { createRunReports } from './runs/run-reports.js'
import { createRunRequests } from './runs/run-requests.js'
import { superviseRun } from './runs/supervise-run.js'
import { createTrainingData } from './runs/training-data.js'
import { createTrainingStore } from './runs/training-store.js'
import { createTrainings } from './runs/trainings.js'
import { createTrainerService } from './service.js'

/** Settings of a trainer. */
export interface TrainerSettings {
  readonly defaultModel: string
  /** Threads that read and frame faces. */
  readonly imageThreads: number
}

/** What a trainer is put together from. */
export interface TrainerParts {
  /** The trainer's own; one process at a time, whatever else it serves. */
  readonly folder: string
  readonly objects: ObjectStore
  /** The same store, for the processes of runs. */
  readonly store: StoreDescription
  /** Where datasets out of the object store are kept once copied. */
  readonly cacheFolder: string
  readonly events: EventBus
  readonly logger: Logger
  /** Script of the process of a run; default: run-process.ts. */
  readonly runFile?: URL
  /** Whether it works on runs that others started or an earlier process left; default: yes. */
  readonly takesUpRuns?: boolean
}

const CHECKPOINT_SECONDS = 300
const STOP_WITHIN_MS = 20_000

/**
 * Puts a trainer together; `warm` begins to work on what waits, and on what was at work when the last one ended.
 * @throws DomainError DATA_FOLDER_IN_USE
 */
export async function createTrainer(parts: TrainerParts, settings: TrainerSettings): Promise<Servable> {
  const { folder, objects, store, events, logger, takesUpRuns = true } = parts
  const runFile = parts.runFile ?? workerFile(import.meta.url, './runs/run-process.js')
  const hold = await acquireFolder(folder)
  const worker = await openWorkerName(folder)
  const trainings = createTrainings({ store: createTrainingStore({ objects, logger }), worker, logger })
  const queue = createRunQueue({
    trainings,
    requests: createRunRequests(events),
    reports: createRunReports({
      trainings,
      events,
      logger,
      writePage: (training) => writeTrainingPage({ objects }, training),
    }),
    stopWithinMs: STOP_WITHIN_MS,
    logger,
    startRun: (spec, listener) =>
      superviseRun((watched) => {
        const assignment = {
          spec,
          store,
          cacheFolder: join(parts.cacheFolder, 'datasets'),
          holdFolder: join(folder, 'runs', spec.id),
          loaderThreads: settings.imageThreads,
          checkpointSeconds: CHECKPOINT_SECONDS,
        }
        return startRunChild({ file: runFile, assignment, listener: watched, logger })
      }, listener),
  })
  const service = createTrainerService({
    registry: createModelRegistry({ objects }),
    data: createTrainingData({ objects }),
    trainings,
    queue,
    events,
    defaultModel: settings.defaultModel,
    requireTensorFlow,
  })
  return {
    services: [service],
    async warm() {
      if (takesUpRuns) await queue.takeUp()
    },
    async close() {
      await queue.close()
      await hold.release()
    },
  }
}
