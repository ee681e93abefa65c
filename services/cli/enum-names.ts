import { CalibrationState, Decision, JobState, type Threshold } from '../../gen/crossres/v1/common.js'
import { TemplatePolicy } from '../../gen/crossres/v1/gallery_index.js'
import { TrainingMethod } from '../../gen/crossres/v1/trainer.js'

/** @returns `MATCH`, `NO_MATCH`, `INCONCLUSIVE` */
export const decisionName = nameIn(Decision)
/** @returns `CALIBRATED`, `UNCALIBRATED` */
export const calibrationName = nameIn(CalibrationState)
/** @returns `EVERY`, `FUSED` */
export const templatePolicyName = nameIn(TemplatePolicy)
/** @returns `RUNNING`, `SUCCEEDED` ... */
export const jobStateName = nameIn(JobState)
/** @returns `t-c`, `crossres` ... as --method takes it */
export const trainingMethodName = (method: TrainingMethod) => methodName(method).toLowerCase().replaceAll('_', '-')
const methodName = nameIn(TrainingMethod)

/** @returns a threshold as --json prints it */
export function thresholdDocument(threshold: Threshold | undefined) {
  if (!threshold) return null
  return {
    score: threshold.score ?? null,
    resolutionBand: threshold.resolutionBand,
    calibration: calibrationName(threshold.calibration),
    fmr: threshold.fmr ?? null,
    explanation: threshold.explanation,
  }
}

function nameIn<Value extends number>(values: Readonly<Record<string, Value>>): (value: Value) => string {
  const names = new Map(Object.entries(values).map(([name, value]) => [value, name]))
  return (value) => names.get(value) ?? 'UNSPECIFIED'
}
