import { type Training, TrainingMethod } from '../../../gen/crossres/v1/trainer.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import { JOB_STATE_MESSAGE, jobErrorMessage } from '../../../libs/jobs/job-message.js'
import type { Method } from '../scheme/methods.js'
import { describeSettings } from '../scheme/text-settings.js'
import type { TrainingRecord } from './training-record.js'

const METHOD: Readonly<Record<Method, TrainingMethod>> = {
  't-c': TrainingMethod.T_C,
  'nt-nc': TrainingMethod.NT_NC,
  t: TrainingMethod.T,
  c: TrainingMethod.C,
  scratch: TrainingMethod.SCRATCH,
  'head-only': TrainingMethod.HEAD_ONLY,
  crossres: TrainingMethod.CROSSRES,
}

/** @returns the method that a message names. @throws DomainError FIELD_MISSING */
export function fromMethod(method: TrainingMethod): Method {
  const [found] = Object.entries(METHOD).find(([, value]) => value === method) ?? []
  if (found) return found as Method
  throw new DomainError(
    'FIELD_MISSING',
    '`config.method` is not set: choose how to train, e.g. TRAINING_METHOD_CROSSRES.',
  )
}

const ID = /^[a-z0-9-]{1,63}$/

/** @returns the id as it is. @throws DomainError NAME_INVALID */
export function checkTrainingId(id: string): string {
  if (ID.test(id)) return id
  throw new DomainError(
    'NAME_INVALID',
    `${JSON.stringify(id.slice(0, 100))} is no training id: use up to 63 of a-z, 0-9 and "-".`,
  )
}

/** @returns the id of `trainings/{training}`. @throws DomainError NAME_INVALID */
export function trainingId(name: string): string {
  const match = /^trainings\/([^/]+)$/.exec(name)
  if (match) return checkTrainingId(match[1] as string)
  throw new DomainError('NAME_INVALID', `${JSON.stringify(name.slice(0, 200))} is no training: write trainings/ID.`)
}

/** @returns the resource name of a run */
export const trainingName = (id: string) => `trainings/${id}`

/** @returns a run as callers see it, with every setting in effect */
export function toTraining(record: TrainingRecord): Training {
  const { spec, error, startTime, endTime } = record
  return {
    name: trainingName(spec.id),
    config: {
      method: METHOD[spec.settings.method],
      baseModel: spec.baseVersion,
      teacherModel: spec.teacherVersion,
      dataUri: spec.dataUri,
      landmarksUri: spec.landmarksUri,
      preset: record.preset,
      settings: describeSettings(spec.settings),
      seed: BigInt(spec.settings.seed),
      resultModel: `models/${spec.resultModel}`,
    },
    state: JOB_STATE_MESSAGE[record.state],
    progress: record.progress,
    error: jobErrorMessage(error),
    resultVersion: record.resultVersion ?? '',
    checkpointStep: BigInt(record.checkpointStep ?? 0),
    createTime: new Date(record.createTime),
    startTime: startTime === undefined ? undefined : new Date(startTime),
    endTime: endTime === undefined ? undefined : new Date(endTime),
  }
}
