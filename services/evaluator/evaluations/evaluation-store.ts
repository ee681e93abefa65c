import type { Logger } from 'pino'
import { DomainError } from '../../../libs/config/domain-error.js'
import { createJobStore, type JobStore } from '../../../libs/jobs/job-store.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { decodeRecord, type EvaluationRecord, encodeRecord } from './evaluation-record.js'

/**
 * @returns the evaluations in `objects`; its errors: EVALUATION_NOT_FOUND, EVALUATION_ALREADY_EXISTS, EVALUATION_RECORD_INVALID,
 *   STORAGE_FULL
 */
export function createEvaluationStore(deps: {
  readonly objects: ObjectStore
  readonly logger: Logger
}): JobStore<EvaluationRecord> {
  return createJobStore(deps, {
    folder: 'evaluations',
    file: 'evaluation.json',
    encode: encodeRecord,
    decode: decodeRecord,
    notFound: (id) =>
      new DomainError(
        'EVALUATION_NOT_FOUND',
        `There is no evaluation ${id}: ListEvaluations names those that are there.`,
        {
          evaluation: `evaluations/${id}`,
        },
      ),
    alreadyExists: (id) =>
      new DomainError(
        'EVALUATION_ALREADY_EXISTS',
        `There is an evaluation ${id} already: choose another id, or watch it.`,
        {
          evaluation: `evaluations/${id}`,
        },
      ),
    invalid: (id, key, cause) =>
      new DomainError(
        'EVALUATION_RECORD_INVALID',
        `The record of the evaluation ${id} cannot be read: delete the object ${key}, or bring back what it was.`,
        { key },
        cause,
      ),
  })
}
