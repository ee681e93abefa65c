import { DomainError } from '../../../libs/config/domain-error.js'
import type { RunQueue } from './run-queue.js'
import type { TrainingRecord } from './training-record.js'
import type { Trainings } from './trainings.js'

/** What resuming works with. */
export interface ResumeTrainingDeps {
  readonly trainings: Trainings
  readonly queue: RunQueue
  /** @throws DomainError TENSORFLOW_MISSING */
  requireTensorFlow(): void
}

/**
 * @returns what queues a run again: one that failed or was cancelled, or one that an earlier process left and nobody has taken up
 * @throws DomainError (the call) TENSORFLOW_MISSING, TRAINING_NOT_FOUND, TRAINING_NOT_RESUMABLE
 */
export function createResumeTraining({ trainings, queue, requireTensorFlow }: ResumeTrainingDeps) {
  return async (id: string): Promise<TrainingRecord> => {
    requireTensorFlow()
    const record = await trainings.change(id, (before) => {
      if (before.state === 'succeeded' || queue.isAtWork(before)) throw notResumable(before)
      const { error: _, endTime: __, lease: ___, cancelRequested: ____, ...kept } = before
      return { ...kept, state: 'queued', queueTime: Date.now() }
    })
    queue.add(record)
    return record
  }
}

function notResumable({ spec: { id }, state }: TrainingRecord): DomainError {
  return new DomainError(
    'TRAINING_NOT_RESUMABLE',
    `The training ${id} is ${state}: only one that failed or was cancelled can be resumed.`,
    { training: `trainings/${id}`, state },
  )
}
