import { FaceSelection } from '../../../gen/crossres/v1/common.js'
import type { EvaluationConfig, StartEvaluationRequest } from '../../../gen/crossres/v1/evaluator.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import { newJobId } from '../../../libs/jobs/new-job-id.js'
import { resolveDefault, versionName } from '../../../libs/models/model-name.js'
import type { ModelRegistry } from '../../../libs/models/model-registry.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { PROTOCOL_SOURCES } from '../../../libs/protocols/open-protocol.js'
import { DEFAULT_REPLICATES, type EvaluationSpec } from '../evaluation/evaluation-spec.js'
import { configEnhancement } from './config-enhancement.js'
import type { EvaluationJobSpec, EvaluationRecord } from './evaluation-record.js'
import { checkData, invalid } from './field-errors.js'
import { checkEvaluationId, fromSide } from './messages.js'

/** What starting an evaluation works with. */
export interface StartEvaluationDeps {
  readonly registry: Pick<ModelRegistry, 'get'>
  readonly objects: Pick<ObjectStore, 'head'>
  create(record: EvaluationRecord): Promise<void>
  /** Stands for models that are not named. */
  readonly defaultModel: string
}

const MOST_RESOLUTION = 10_000

/**
 * @returns what makes a request an evaluation that is stored: all names resolved, everything checked that can be checked at once
 * @throws DomainError (the call) FIELD_MISSING, FIELD_INVALID, NAME_INVALID, PROTOCOL_UNKNOWN, MODEL_NOT_FOUND, MODEL_NAME_INVALID,
 *   URI_INVALID, URI_UNSUPPORTED, OBJECT_KEY_INVALID, EVALUATION_ALREADY_EXISTS, STORAGE_FULL
 */
export function createStartEvaluation({ registry, objects, create, defaultModel }: StartEvaluationDeps) {
  return async ({ config, evaluationId }: StartEvaluationRequest): Promise<EvaluationRecord> => {
    if (!config) throw new DomainError('FIELD_MISSING', '`config` is not set: say what to measure.')
    const now = Date.now()
    const id = evaluationId === '' ? newJobId(now) : checkEvaluationId(evaluationId)
    const checked = specOf(config)
    const enhance = await configEnhancement(objects, config)
    const models: string[] = []
    for (const model of config.models.length > 0 ? config.models : ['']) {
      const { name, version } = await registry.get(resolveDefault(model, defaultModel))
      models.push(versionName(name, version))
    }
    const record: EvaluationRecord = {
      schema: 1,
      spec: { id, ...checked, ...(enhance ? { enhance } : {}), models },
      state: 'queued',
      createTime: now,
      queueTime: now,
    }
    await create(record)
    return record
  }
}

function specOf(config: EvaluationConfig): Omit<EvaluationJobSpec, 'id' | 'models'> {
  const { protocol, faces, seed } = config
  if (!PROTOCOL_SOURCES.some(({ name }) => name === protocol)) {
    const names = PROTOCOL_SOURCES.map(({ name }) => name).join(', ')
    throw new DomainError(
      'PROTOCOL_UNKNOWN',
      `\`config.protocol\` is ${JSON.stringify(protocol.slice(0, 100))}: use one of ${names}.`,
    )
  }
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
    ...(config.thumbnails ? { thumbnails: true } : {}),
    ...optionsOf(config),
  }
}

/** Options of the protocol. */
function optionsOf({ protocol, options }: EvaluationConfig): Pick<EvaluationSpec, 'subjects' | 'heldOut'> {
  const { subjects, held_out: heldOut, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw invalid('config.options', `There is no option "${unknown}"`, 'take "subjects" or "held_out"')
  if (subjects === undefined && heldOut === undefined) return {}
  if (protocol !== 'folder')
    throw invalid('config.options', `The subjects of ${protocol} are given`, 'leave them empty, or use "folder"')
  if (subjects !== undefined) {
    if (heldOut !== undefined) throw invalid('config.options', 'Both name subjects', 'take "subjects" or "held_out"')
    return { subjects: subjects.split(',').filter((name) => name !== '') }
  }
  const share = Number(heldOut)
  if (share > 0 && share < 1) return { heldOut: share }
  throw invalid('config.options', `"held_out" is ${JSON.stringify(heldOut)}`, 'set it to a share in (0, 1)')
}
