import { isAbsolute } from 'node:path'
import { FaceSelection } from '../../../gen/crossres/v1/common.js'
import type { EvaluationConfig, StartEvaluationRequest } from '../../../gen/crossres/v1/evaluator.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import { newJobId } from '../../../libs/jobs/new-job-id.js'
import { resolveDefault, versionName } from '../../../libs/models/model-name.js'
import type { ModelRegistry } from '../../../libs/models/model-registry.js'
import { PROTOCOL_SOURCES } from '../../../libs/protocols/open-protocol.js'
import { unimplemented } from '../../../libs/rpc/unimplemented.js'
import { DEFAULT_REPLICATES, type EvaluationSpec } from '../evaluation/evaluation-spec.js'
import type { EvaluationRecord } from './evaluation-record.js'
import { checkEvaluationId, fromSide } from './messages.js'

/** What starting an evaluation works with. */
export interface StartEvaluationDeps {
  readonly registry: Pick<ModelRegistry, 'get'>
  create(record: EvaluationRecord): Promise<void>
  /** Stands for models that are not named. */
  readonly defaultModel: string
}

const MOST_RESOLUTION = 10_000

/**
 * @returns what makes a request an evaluation that is stored: all names resolved, everything checked that can be checked at once
 * @throws DomainError (the call) FIELD_MISSING, FIELD_INVALID, NAME_INVALID, PROTOCOL_UNKNOWN, METHOD_UNIMPLEMENTED, MODEL_NOT_FOUND,
 *   MODEL_NAME_INVALID, EVALUATION_ALREADY_EXISTS, STORAGE_FULL
 */
export function createStartEvaluation({ registry, create, defaultModel }: StartEvaluationDeps) {
  return async ({ config, evaluationId }: StartEvaluationRequest): Promise<EvaluationRecord> => {
    if (!config) throw new DomainError('FIELD_MISSING', '`config` is not set: say what to measure.')
    const now = Date.now()
    const id = evaluationId === '' ? newJobId(now) : checkEvaluationId(evaluationId)
    const checked = specOf(config)
    const models: string[] = []
    for (const model of config.models.length > 0 ? config.models : ['']) {
      const { name, version } = await registry.get(resolveDefault(model, defaultModel))
      models.push(versionName(name, version))
    }
    const record: EvaluationRecord = {
      schema: 1,
      spec: { id, ...checked, models },
      state: 'queued',
      createTime: now,
      queueTime: now,
    }
    await create(record)
    return record
  }
}

function specOf(config: EvaluationConfig): Omit<EvaluationSpec, 'models'> {
  const { protocol, faces, seed } = config
  if (!PROTOCOL_SOURCES.some(({ name }) => name === protocol)) {
    const names = PROTOCOL_SOURCES.map(({ name }) => name).join(', ')
    throw new DomainError(
      'PROTOCOL_UNKNOWN',
      `\`config.protocol\` is ${JSON.stringify(protocol.slice(0, 100))}: use one of ${names}.`,
    )
  }
  if (config.enhanceModel !== '')
    unimplemented('This version does not enhance probes: leave `config.enhance_model` empty.')
  if (config.thumbnails) unimplemented('This version stores no pictures of faces: leave `config.thumbnails` off.')
  if (faces === FaceSelection.ALL || faces === FaceSelection.GIVEN) {
    throw invalid('config.faces', 'A picture of a protocol shows one face', 'set it to LARGEST or WHOLE_IMAGE')
  }
  if (seed > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid('config.seed', 'It is above 2^53 - 1', 'take a smaller one')
  const tooLarge = config.resolutions.find((resolution) => resolution > MOST_RESOLUTION)
  if (tooLarge !== undefined)
    throw invalid('config.resolutions', `${tooLarge} px is no face`, `stay below ${MOST_RESOLUTION}`)
  return {
    protocol,
    folder: checkData(config.dataUri, 'config.data_uri'),
    resolutions: config.resolutions.length > 0 ? config.resolutions : [0],
    side: fromSide(config.degradedSide),
    faces: faces === FaceSelection.WHOLE_IMAGE ? 'whole' : 'largest',
    routing: !config.ignoreRouting,
    seed: Number(seed),
    replicates: DEFAULT_REPLICATES,
    ...subjectsOf(config),
  }
}

/** A scheme has two letters at least: one is a drive of Windows. */
const isUri = (uri: string) => /^[a-z][a-z0-9+.-]+:/i.test(uri) || /^datasets\/[^/]+\/?$/.test(uri)

/**
 * @param field for the error
 * @returns where a data set lies, as it is
 * @throws DomainError FIELD_MISSING, FIELD_INVALID
 */
export function checkData(uri: string, field: string): string {
  if (uri === '') throw new DomainError('FIELD_MISSING', `\`${field}\` is not set: say where the data set lies.`)
  if (isUri(uri) || isAbsolute(uri)) return uri
  throw invalid(field, 'The evaluator runs in a folder of its own', 'give an absolute path')
}

function subjectsOf({ options }: EvaluationConfig): Pick<EvaluationSpec, 'subjects'> {
  const { subjects, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw invalid('config.options', `There is no option "${unknown}"`, 'the only one is "subjects"')
  return subjects === undefined ? {} : { subjects: subjects.split(',').filter((name) => name !== '') }
}

/** @param field its whole path */
export function invalid(field: string, problem: string, advice: string): DomainError {
  return new DomainError('FIELD_INVALID', `\`${field}\` cannot be used. ${problem}: ${advice}.`)
}
