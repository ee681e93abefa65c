import { FaceSelection } from '../../../gen/crossres/v1/common.js'
import {
  DegradedSide,
  type Evaluation,
  type EvaluationConfig,
  type MetricValue,
} from '../../../gen/crossres/v1/evaluator.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import { JOB_STATE_MESSAGE, jobErrorMessage } from '../../../libs/jobs/job-message.js'
import type { CalibrationResult } from '../calibration/calibrate-model.js'
import type { EvaluationResult } from '../evaluation/evaluation-result.js'
import type { DegradedSide as Side } from '../measure/conditions.js'
import type { EvaluationRecord } from './evaluation-record.js'

const SIDE: Readonly<Record<Side, DegradedSide>> = {
  probe: DegradedSide.PROBE,
  gallery: DegradedSide.GALLERY,
  both: DegradedSide.BOTH,
  matrix: DegradedSide.MATRIX,
}

/** @returns the side that a message names */
export function fromSide(side: DegradedSide): Side {
  const [found = 'probe'] = Object.entries(SIDE).find(([, value]) => value === side) ?? []
  return found as Side
}

const ID = /^[a-z0-9-]{1,63}$/

/** @returns the id as it is. @throws DomainError NAME_INVALID */
export function checkEvaluationId(id: string): string {
  if (ID.test(id)) return id
  throw new DomainError(
    'NAME_INVALID',
    `${JSON.stringify(id.slice(0, 100))} is no evaluation id: use up to 63 of a-z, 0-9 and "-".`,
  )
}

/** @returns the id of `evaluations/{evaluation}`. @throws DomainError NAME_INVALID */
export function evaluationId(name: string): string {
  const match = /^evaluations\/([^/]+)$/.exec(name)
  if (match) return checkEvaluationId(match[1] as string)
  throw new DomainError('NAME_INVALID', `${JSON.stringify(name.slice(0, 200))} is no evaluation: write evaluations/ID.`)
}

/** @returns the resource name of an evaluation */
export const evaluationName = (id: string) => `evaluations/${id}`

/** @returns the key of the figures of an evaluation */
export const resultKey = (id: string) => `evaluations/${id}/report.json`

/** @returns the key of the page of an evaluation */
export const pageKey = (id: string) => `evaluations/${id}/report.html`

/** @returns an evaluation as callers see it */
export function toEvaluation(record: EvaluationRecord): Evaluation {
  const { spec, state, progress, error, metrics, warning = '', startTime, endTime } = record
  const hasFigures = state === 'succeeded'
  return {
    name: evaluationName(spec.id),
    config: toConfig(record),
    state: JOB_STATE_MESSAGE[state],
    progress: progress && { ...progress, warning },
    error: jobErrorMessage(error),
    metrics: [...(metrics ?? [])],
    // A calibration has figures and no page.
    reportUri: hasFigures && !spec.calibration && warning === '' ? `object:${pageKey(spec.id)}` : '',
    resultUri: hasFigures ? `object:${resultKey(spec.id)}` : '',
    createTime: new Date(record.createTime),
    startTime: startTime === undefined ? undefined : new Date(startTime),
    endTime: endTime === undefined ? undefined : new Date(endTime),
  }
}

function toConfig({ spec }: EvaluationRecord): EvaluationConfig {
  const { protocol, folder, models, resolutions, side, faces, routing, seed, subjects, heldOut, enhance } = spec
  return {
    protocol,
    dataUri: folder,
    models: [...models],
    resolutions: [...resolutions],
    degradedSide: SIDE[side],
    enhanceModel: enhance?.model ?? '',
    enhanceRange: enhance?.range ?? 0,
    enhanceBelow: enhance?.below ?? 0,
    options: {
      ...(subjects ? { subjects: subjects.join(',') } : {}),
      ...(heldOut === undefined ? {} : { held_out: String(heldOut) }),
    },
    seed: BigInt(seed),
    thumbnails: spec.thumbnails ?? false,
    faces: faces === 'whole' ? FaceSelection.WHOLE_IMAGE : FaceSelection.LARGEST,
    ignoreRouting: !routing,
  }
}

/** @returns what the thresholds of a calibration came to */
export function toCalibrationMetrics({ version, checks }: CalibrationResult): MetricValue[] {
  return checks.flatMap(({ resolution, target, fmr, fpir, fnmr }) =>
    Object.entries({ fmr, fpir, fnmr }).map(([metric, { value, low, high, count }]) => ({
      metric,
      parameter: target,
      modelVersion: version,
      probeResolution: resolution,
      galleryResolution: 0,
      value,
      low,
      high,
      count: BigInt(count),
      protocol: 'calibration',
    })),
  )
}

/** @returns the figures of a result; of the CMC only what `rank` has */
export function toMetrics({ rows }: EvaluationResult): MetricValue[] {
  return rows.flatMap(({ protocol, condition, model, figures }) =>
    figures
      .filter(({ metric }) => metric !== 'cmc')
      .map(({ metric, parameter, value, low, high, count }) => ({
        metric,
        parameter,
        modelVersion: model,
        probeResolution: condition.probe,
        galleryResolution: condition.gallery,
        value,
        low,
        high,
        count: BigInt(count),
        protocol,
      })),
  )
}
