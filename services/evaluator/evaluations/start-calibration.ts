import { FaceSelection } from '../../../gen/crossres/v1/common.js'
import type { CalibrateModelRequest } from '../../../gen/crossres/v1/evaluator.js'
import { newJobId } from '../../../libs/jobs/new-job-id.js'
import { resolveDefault, versionName } from '../../../libs/models/model-name.js'
import { ALL_BANDS, DEFAULT_CHECK_SHARE } from '../calibration/calibration-spec.js'
import { DEFAULT_REPLICATES } from '../evaluation/evaluation-spec.js'
import type { EvaluationRecord } from './evaluation-record.js'
import { checkData, invalid } from './field-errors.js'
import type { StartEvaluationDeps } from './start-evaluation.js'

/**
 * @returns what makes a request a calibration that is stored among the evaluations, checked as far as that can be done at once
 * @throws DomainError (the call) FIELD_MISSING, FIELD_INVALID, MODEL_NOT_FOUND, MODEL_NAME_INVALID, STORAGE_FULL
 */
export function createStartCalibration({ registry, create, defaultModel }: Omit<StartEvaluationDeps, 'objects'>) {
  return async (request: CalibrateModelRequest): Promise<EvaluationRecord> => {
    const { faces, seed, checkShare } = request
    const folder = checkData(request.dataUri, 'data_uri')
    if (faces === FaceSelection.ALL || faces === FaceSelection.GIVEN)
      throw invalid('faces', 'A picture shows one face', 'set it to LARGEST or WHOLE_IMAGE')
    if (seed > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid('seed', 'It is above 2^53 - 1', 'take a smaller one')
    if (!(checkShare >= 0 && checkShare < 1))
      throw invalid('check_share', `${checkShare} is no share`, 'stay in (0, 1)')
    const { name, version } = await registry.get(resolveDefault(request.model, defaultModel))
    const now = Date.now()
    const record: EvaluationRecord = {
      schema: 1,
      spec: {
        id: newJobId(now),
        protocol: 'folder',
        folder,
        models: [versionName(name, version)],
        resolutions: checkBands(request.resolutionBands),
        side: 'probe',
        faces: faces === FaceSelection.WHOLE_IMAGE ? 'whole' : 'largest',
        routing: true,
        seed: Number(seed),
        replicates: DEFAULT_REPLICATES,
        calibration: { checkShare: checkShare || DEFAULT_CHECK_SHARE },
      },
      state: 'queued',
      createTime: now,
      queueTime: now,
    }
    await create(record)
    return record
  }
}

function checkBands(bands: readonly number[]): readonly number[] {
  const unknown = bands.find((band) => !ALL_BANDS.includes(band))
  if (unknown !== undefined)
    throw invalid('resolution_bands', `${unknown} px is no band`, `choose from ${ALL_BANDS.join(', ')}`)
  return bands.length === 0 ? ALL_BANDS : ALL_BANDS.filter((band) => bands.includes(band))
}
