import type { Logger } from 'pino'
import type { EvaluationProgress } from '../../gen/crossres/v1/evaluator.js'
import { acquireFolder } from '../../libs/config/exclusive-folder.js'
import { workerFile } from '../../libs/config/worker-file.js'
import type { EventBus } from '../../libs/events/event-bus.js'
import { createJobs } from '../../libs/jobs/jobs.js'
import { openWorkerName } from '../../libs/jobs/worker-name.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import type { StoreDescription } from '../../libs/objects/open-object-store.js'
import type { Servable } from '../../libs/rpc/serve.js'
import { createEvaluationQueue } from './evaluations/evaluation-queue.js'
import type { EvaluationRecord } from './evaluations/evaluation-record.js'
import { createEvaluationStore } from './evaluations/evaluation-store.js'
import { createEvaluatorService } from './service.js'

/** Settings of an evaluator. */
export interface EvaluatorSettings {
  readonly defaultModel: string
  /** Threads of one network. */
  readonly threads: number
  /** Threads that read pictures, find and frame faces. */
  readonly imageThreads: number
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** What an evaluator is put together from. */
export interface EvaluatorParts {
  /** The evaluator's own; one process at a time, whatever else it serves. */
  readonly folder: string
  readonly objects: ObjectStore
  /** The same store, for the processes of evaluations. */
  readonly store: StoreDescription
  /** Holds what can be made again: features, found faces, copies of data sets. */
  readonly cacheFolder: string
  readonly events: EventBus
  readonly logger: Logger
  /** Whether it works on evaluations that others started or an earlier process left; default: yes. */
  readonly takesUpRuns?: boolean
}

/**
 * Puts an evaluator together; `warm` begins to work on what waits, and on what was at work when the last one ended.
 * @throws DomainError DATA_FOLDER_IN_USE
 */
export async function createEvaluator(parts: EvaluatorParts, settings: EvaluatorSettings): Promise<Servable> {
  const { folder, objects, store, cacheFolder, events, logger, takesUpRuns = true } = parts
  const { threads, imageThreads, maxPixels } = settings
  const hold = await acquireFolder(folder)
  const evaluations = createJobs<EvaluationRecord, EvaluationProgress>({
    store: createEvaluationStore({ objects, logger }),
    worker: await openWorkerName(folder),
    logger,
    isNotable: (now, before) => now.phase !== before?.phase,
  })
  const queue = createEvaluationQueue({
    evaluations,
    events,
    logger,
    file: workerFile(import.meta.url, './evaluations/evaluation-process.js'),
    assignment: { store, cacheFolder, threads, imageThreads, maxPixels },
  })
  const registry = createModelRegistry({ objects })
  return {
    services: [createEvaluatorService({ registry, objects, evaluations, queue, defaultModel: settings.defaultModel })],
    async warm() {
      if (takesUpRuns) await queue.takeUp()
    },
    async close() {
      await queue.close()
      await hold.release()
    },
  }
}
