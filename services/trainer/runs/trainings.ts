import type { TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import { createJobs, type Jobs, type JobsDeps } from '../../../libs/jobs/jobs.js'
import type { TrainingRecord } from './training-record.js'

/** The runs as they are now: the stored ones with progress that is not stored yet, and whoever watches them. */
export type Trainings = Jobs<TrainingRecord, TrainingProgress>

/** @returns the runs of one service */
export function createTrainings(deps: Omit<JobsDeps<TrainingRecord, TrainingProgress>, 'isNotable'>): Trainings {
  return createJobs({ ...deps, isNotable: (now, before) => now.validation?.step !== before?.validation?.step })
}
