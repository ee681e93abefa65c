import type { Logger } from 'pino'
import type { Training, TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { EventBus } from '../../../libs/events/event-bus.js'
import { publishEvent } from '../../../libs/events/event-types.js'
import { failureOf } from '../../../libs/rpc/rpc-error.js'
import type { RunResult } from '../run/run-types.js'
import { toTraining, trainingName } from './messages.js'
import type { RunListener } from './run-child.js'
import type { TrainingRecord } from './training-record.js'
import type { Trainings } from './trainings.js'

/** Keeps what becomes of runs, and tells the other services. */
export interface RunReports {
  /** What is heard of a run at work. */
  listener(id: string): RunListener
  /** @param ended its result; without one the run was cancelled */
  returned(id: string, ended: RunResult): Promise<void>
  /** @param error of the domain; another one is logged and reported by its id */
  failed(id: string, error: unknown): Promise<void>
}

export function createRunReports(deps: {
  readonly trainings: Trainings
  readonly events: EventBus
  readonly logger: Logger
  /** Makes the page of a run that ends. */
  writePage(training: Training): Promise<unknown>
}): RunReports {
  const { trainings, events, logger, writePage } = deps

  const progressed = async (id: string, progress: TrainingProgress) => {
    if (!(await trainings.progressed(id, progress))) return
    await publishEvent(events, 'training.progressed', trainingName(id), { training: trainingName(id), progress })
  }

  const checkpointStored = async (id: string, step: number, key: string) => {
    await trainings.changeHeld(id, (record) => ({ ...record, checkpointStep: step }))
    const message = { training: trainingName(id), step: BigInt(step), uri: `object:${key}` }
    await publishEvent(events, 'checkpoint.stored', trainingName(id), message, `${id}/checkpoints/${step}`)
  }

  const ended = async (id: string, end: Partial<TrainingRecord>) => {
    const endTime = Date.now()
    // First of all: whoever waits for the end looks for the page.
    await writePage(toTraining({ ...(await trainings.get(id)), ...end, endTime })).catch((err: unknown) =>
      logger.error({ err, training: id }, 'the page of a training could not be made'),
    )
    const record = await trainings.changeHeld(id, (before) => ({ ...before, ...end, endTime }))
    const training = toTraining(record)
    logger.info({ training: id, state: record.state, reason: record.error?.reason }, 'a training ended')
    await publishEvent(events, 'training.finished', training.name, { training }, `${id}/finished/${endTime}`)
  }

  // The run goes on: what matters of it are its checkpoints, and it fails itself where those cannot be stored.
  const logged = (id: string, work: Promise<void>) => {
    work.catch((err: unknown) => logger.error({ err, training: id }, 'what a training said could not be stored'))
  }

  return {
    listener: (id) => ({
      progressed: (progress) => logged(id, progressed(id, progress)),
      checkpointStored: (step, key) => logged(id, checkpointStored(id, step, key)),
    }),
    async returned(id, { resultVersion }) {
      await ended(id, resultVersion === undefined ? { state: 'cancelled' } : { state: 'succeeded', resultVersion })
    },
    async failed(id, error) {
      const { reason, message, metadata } = failureOf(error)
      if (!(error instanceof DomainError)) logger.error({ err: error, training: id, ...metadata }, 'a training failed')
      await ended(id, { state: 'failed', error: { reason, message, metadata } })
    },
  }
}
