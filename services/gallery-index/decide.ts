import { CalibrationState, Decision, type DecisionTarget, type Threshold } from '../../gen/crossres/v1/common.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { resolutionBand } from '../../libs/models/resolution-band.js'

/** A decision and what it rests on. */
export interface Verdict {
  readonly decision: Decision
  readonly threshold: Threshold
}

/**
 * Decides whether the best score is the person on the probe. Without a calibration only the caller's own raw threshold
 * decides anything: a raw cosine says nothing of error rates, and at low resolution less than nothing.
 * @param score best score, cosine in [-1, 1]; undefined where there is no candidate
 * @param resolution face resolution of the probe in pixels; 0: unknown
 * @throws DomainError FIELD_INVALID for targets out of range
 */
export function decide(score: number | undefined, target: DecisionTarget | undefined, resolution: number): Verdict {
  const band = resolutionBand(resolution)
  const asked = target?.target
  checkTarget(asked)
  if (asked?.$case === 'scoreThreshold') {
    const matched = score !== undefined && score >= asked.value
    return {
      decision: matched ? Decision.MATCH : Decision.NO_MATCH,
      threshold: uncalibrated(band, "The caller's own raw cosine; no error rate is known for it.", asked.value),
    }
  }
  if (score === undefined) {
    return {
      decision: Decision.NO_MATCH,
      threshold: uncalibrated(band, 'The gallery is empty: nobody in it can be on the probe.'),
    }
  }
  return {
    decision: Decision.INCONCLUSIVE,
    threshold: uncalibrated(
      band,
      `The model is not calibrated${asked ? ', so the target error rate cannot be turned into a threshold' : ''}: judge by the raw cosine, or state score_threshold.`,
    ),
  }
}

function uncalibrated(resolutionBand: number, explanation: string, score?: number): Threshold {
  return { score, resolutionBand, calibration: CalibrationState.UNCALIBRATED, fmr: undefined, explanation }
}

function checkTarget(asked: DecisionTarget['target']): void {
  if (!asked) return
  const { $case, value } = asked
  const valid = $case === 'scoreThreshold' ? value >= -1 && value <= 1 : value > 0 && value < 1
  if (!valid) {
    const range = $case === 'scoreThreshold' ? '[-1, 1]' : '(0, 1)'
    throw new DomainError('FIELD_INVALID', `The decision target ${value} is outside ${range}.`)
  }
}
