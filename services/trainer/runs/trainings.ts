import type { Logger } from 'pino'
import type { TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import { createJobs, type Jobs } from '../../../libs/jobs/jobs.js'
import type { TrainingRecord } from './training-record.js'
import type { TrainingStore } from './training-store.js'

/** The runs as they are now: the stored ones with progress that is not stored yet, and whoever watches them. */
export type Trainings = Jobs<TrainingRecord, TrainingProgress>

/** @returns the runs of one service; nobody else may change them */
export function createTrainings(deps: { readonly store: TrainingStore; readonly logger: Logger }): Trainings {
  return createJobs({ ...deps, isNotable: (now, before) => now.validation?.step !== before?.validation?.step })
}
