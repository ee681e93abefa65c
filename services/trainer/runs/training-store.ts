import type { Logger } from 'pino'
import { DomainError } from '../../../libs/config/domain-error.js'
import { createJobStore, type JobStore } from '../../../libs/jobs/job-store.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { decodeRecord, encodeRecord, type TrainingRecord } from './training-record.js'

/**
 * The runs in the object store: what a restart begins with.
 * Its errors: TRAINING_NOT_FOUND, TRAINING_ALREADY_EXISTS, TRAINING_RECORD_INVALID, STORAGE_FULL.
 */
export type TrainingStore = JobStore<TrainingRecord>

/** @returns the runs in `objects` */
export function createTrainingStore(deps: { readonly objects: ObjectStore; readonly logger: Logger }): TrainingStore {
  return createJobStore(deps, {
    folder: 'trainings',
    file: 'training.json',
    encode: encodeRecord,
    decode: decodeRecord,
    notFound,
    alreadyExists,
    invalid,
  })
}

function notFound(id: string): DomainError {
  return new DomainError(
    'TRAINING_NOT_FOUND',
    `There is no training ${id}: \`crossres train list\` shows those that are there.`,
    { training: `trainings/${id}` },
  )
}

function alreadyExists(id: string): DomainError {
  return new DomainError(
    'TRAINING_ALREADY_EXISTS',
    `There is a training ${id} already: choose another id, watch it, or resume it where it failed.`,
    { training: `trainings/${id}` },
  )
}

function invalid(id: string, key: string, cause: unknown): DomainError {
  return new DomainError(
    'TRAINING_RECORD_INVALID',
    `The record of the training ${id} cannot be read: delete the object ${key}, or bring back what it was.`,
    { key },
    cause,
  )
}
