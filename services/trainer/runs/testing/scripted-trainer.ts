import { join } from 'node:path'
import { pino } from 'pino'
import { workerFile } from '../../../../libs/config/worker-file.js'
import type { EventBus } from '../../../../libs/events/event-bus.js'
import type { LeaseTimes } from '../../../../libs/jobs/lease-times.js'
import type { ObjectStore } from '../../../../libs/objects/object-store.js'
import type { StoreDescription } from '../../../../libs/objects/open-object-store.js'
import { writeTrainingPage } from '../../report/write-training-page.js'
import { startRunChild } from '../run-child.js'
import { createRunQueue, type RunQueue } from '../run-queue.js'
import { createRunReports } from '../run-reports.js'
import { createRunRequests } from '../run-requests.js'
import { superviseRun } from '../supervise-run.js'
import { createTrainingStore } from '../training-store.js'
import { createTrainings, type Trainings } from '../trainings.js'
import { anyRecord } from './any-record.js'

/** A trainer whose runs are scripts, see scripted-run-process.ts. */
export interface ScriptedTrainer {
  readonly trainings: Trainings
  readonly queue: RunQueue
  /** Ids of runs in the order that their processes were started. */
  readonly started: readonly string[]
  /** Queues a run. @param script see anyRecord */
  start(id: string, script?: Parameters<typeof anyRecord>[1]): Promise<void>
}

/** What it is put together from. */
export interface ScriptedTrainerParts {
  /** Its own. */
  readonly folder: string
  readonly objects: ObjectStore
  readonly store: StoreDescription
  readonly events: EventBus
  /** Default: `test`. */
  readonly worker?: string
  readonly times?: LeaseTimes
}

/** Puts a trainer's parts together, as a service that has just been started. */
export function createScriptedTrainer(parts: ScriptedTrainerParts): ScriptedTrainer {
  const { folder, objects, store, events, worker = 'test', times } = parts
  const logger = pino({ level: 'silent' })
  const started: string[] = []
  const trainings = createTrainings({ store: createTrainingStore({ objects, logger }), worker, logger })
  const file = workerFile(import.meta.url, './scripted-run-process.js')
  const queue = createRunQueue({
    trainings,
    requests: createRunRequests(events),
    reports: createRunReports({
      trainings,
      events,
      logger,
      writePage: (training) => writeTrainingPage({ objects }, training),
    }),
    stopWithinMs: 10_000,
    logger,
    ...(times && { times }),
    startRun: (spec, listener) =>
      superviseRun((watched) => {
        started.push(spec.id)
        const settings = { store, cacheFolder: folder, loaderThreads: 1, checkpointSeconds: 300 }
        const assignment = { ...settings, spec, holdFolder: join(folder, 'runs', spec.id) }
        return startRunChild({ file, assignment, listener: watched, logger })
      }, listener),
  })
  return {
    trainings,
    queue,
    started,
    async start(id, script) {
      const record = anyRecord(id, script)
      await trainings.create(record)
      queue.add(record)
    },
  }
}
