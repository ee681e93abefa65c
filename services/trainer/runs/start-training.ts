import type { StartTrainingRequest, TrainingConfig } from '../../../gen/crossres/v1/trainer.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import { newJobId } from '../../../libs/jobs/new-job-id.js'
import { BASE_MODEL } from '../../../libs/models/base-model.js'
import {
  checkModelId,
  DEFAULT_MODEL_ALIAS,
  parseModelName,
  resolveDefault,
  versionName,
} from '../../../libs/models/model-name.js'
import type { ModelRegistry, RegisteredModel } from '../../../libs/models/model-registry.js'
import { SHIPPED_MODEL } from '../../../libs/models/shipped-model.js'
import { expectAlike } from '../run/networks.js'
import { type Method, TRAITS } from '../scheme/methods.js'
import { resolveSettings } from '../scheme/text-settings.js'
import { checkTrainingId, fromMethod } from './messages.js'
import type { TrainingData } from './training-data.js'
import type { TrainingRecord } from './training-record.js'
import type { Trainings } from './trainings.js'

/** What starting a run works with. */
export interface StartTrainingDeps {
  readonly registry: ModelRegistry
  readonly data: TrainingData
  readonly trainings: Trainings
  /** Model for requests that name none. */
  readonly defaultModel: string
  /** @throws DomainError TENSORFLOW_MISSING */
  requireTensorFlow(): void
}

/**
 * @returns what makes a request a run that is stored and queued: all names resolved, everything checked that can be checked at once
 * @throws DomainError (the call) TENSORFLOW_MISSING, FIELD_MISSING, FIELD_INVALID, NAME_INVALID, TRAINING_SETTING_INVALID,
 *   MODEL_NOT_FOUND, MODEL_NAME_INVALID, MODEL_NAME_RESERVED, TRAINING_TEACHER_MISMATCH, TRAINING_ALREADY_EXISTS, STORAGE_FULL; see
 *   TrainingData
 */
export function createStartTraining(deps: StartTrainingDeps) {
  const { registry, data, trainings, defaultModel } = deps

  return async ({ config, trainingId }: StartTrainingRequest): Promise<TrainingRecord> => {
    deps.requireTensorFlow()
    if (!config) throw new DomainError('FIELD_MISSING', '`config` is not set: say what to train and how.')
    const now = Date.now()
    const id = trainingId === '' ? newJobId(now) : checkTrainingId(trainingId)
    const settings = settingsOf(config)
    const base = await registry.get(resolveDefault(config.baseModel, defaultModel))
    const teacher = await teacherOf(config, settings.method, base)
    const record: TrainingRecord = {
      schema: 1,
      spec: {
        id,
        settings,
        baseVersion: versionName(base.name, base.version),
        teacherVersion: versionName(teacher.name, teacher.version),
        dataUri: await data.findFaces(config.dataUri),
        landmarksUri: await data.findLandmarks(config.landmarksUri),
        resultModel: resultModelOf(config, settings.method, base),
      },
      preset: config.preset || 'default',
      state: 'queued',
      createTime: now,
      queueTime: now,
    }
    await trainings.create(record)
    return record
  }

  async function teacherOf({ teacherModel }: TrainingConfig, method: Method, base: RegisteredModel) {
    if (teacherModel === '') return base
    if (!TRAITS[method].teacher) {
      throw new DomainError(
        'FIELD_INVALID',
        `\`config.teacher_model\` is set, and the method ${method} has no teacher: leave it empty, or choose t-c, t or crossres.`,
      )
    }
    const teacher = await registry.get(resolveDefault(teacherModel, defaultModel))
    expectAlike(base, teacher)
    return teacher
  }
}

function settingsOf({ method, preset, settings, seed }: TrainingConfig) {
  const seeded = seed === 0n ? settings : { ...settings, seed: String(seed) }
  return resolveSettings({ method: fromMethod(method), preset, settings: seeded })
}

/** The name's end says what it is: where it gets too long, its beginning gives way. */
function resultModelOf({ resultModel }: TrainingConfig, method: Method, base: RegisteredModel): string {
  if (resultModel === '') return checkModelId(`${base.name.slice(0, 62 - method.length)}-${method}`)
  const { model, version } = parseModelName(resultModel)
  if (version !== undefined) {
    throw new DomainError('FIELD_INVALID', '`config.result_model` names a version, which only the result will have.')
  }
  if (![BASE_MODEL, SHIPPED_MODEL, DEFAULT_MODEL_ALIAS].includes(model)) return model
  throw new DomainError('MODEL_NAME_RESERVED', `A result cannot be called "${model}": choose another name.`)
}
