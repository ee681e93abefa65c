import { CalibrationState, Decision, type DecisionTarget, type Threshold } from '../../gen/crossres/v1/common.js'
import { type CalibratedBand, calibratedBand, fmrForFpir } from '../../libs/calibration/apply-calibration.js'
import { DomainError } from '../../libs/config/domain-error.js'
import type { Calibration } from '../../libs/models/model-card.js'
import { resolutionBand } from '../../libs/models/resolution-band.js'
import { calibratedText, describeRate } from './explain.js'

/** How decisions are made where callers leave it open. */
export interface DecisionSettings {
  /** False positive identification rate of searches without a target, in (0, 1). */
  readonly targetFpir: number
  /** False match rate of single comparisons without a target, in (0, 1). */
  readonly targetFmr: number
  /**
   * The false non-match rate from which a threshold is of no use, in (0, 1): where more mates than that are missed, the band cannot meet
   * the target, and the answer is INCONCLUSIVE whatever the score.
   */
  readonly mostFnmr: number
}

/** What is decided. */
export interface Question {
  /** Best score, cosine in [-1, 1]; undefined where there is no candidate. */
  readonly score: number | undefined
  readonly target: DecisionTarget | undefined
  /** Face resolution of the probe in pixels; 0: unknown, which counts as full. */
  readonly resolution: number
  /** Resolution of the sharper side of a single comparison, likewise; undefined for a search, whose templates count as sharp. */
  readonly reference?: number
  /** Templates that a search compared the probe with; undefined for a single comparison. */
  readonly templates?: number
  /** Of the version that made the embeddings; undefined where there is none. */
  readonly calibration: Calibration | undefined
}

/** A decision and what it rests on. */
export interface Verdict {
  readonly decision: Decision
  readonly threshold: Threshold
  /** @returns the calibrated false match rate of a score at the probe's resolution; undefined when uncalibrated */
  fmrOf(score: number): number | undefined
}

/**
 * Pixels from which on a face counts as one of full resolution beside a coarser one: models hardly gain above them. Two coarser faces are
 * more alike than a coarse and a sharp one, and the calibration, which is of the latter, would take strangers for mates.
 */
const SHARP = 64

/** Decides whether the best score is the person on the probe. @throws DomainError FIELD_INVALID for targets out of range */
export type Decide = (question: Question) => Verdict

/**
 * @returns a function that turns a target into a threshold for the probe's resolution and the gallery's size. Without a calibration only
 * the caller's own raw threshold decides anything: a raw cosine says nothing of error rates, and at low resolution less than nothing
 */
export function createDecide(settings: DecisionSettings): Decide {
  return (question) => {
    const { score, target, resolution, templates } = question
    const asked = target?.target ?? defaultTarget(templates, settings)
    checkTarget(asked)
    const band = bandOf(question)
    const fmrOf = (value: number) => band?.fmrOfScore(value)
    if (asked.$case === 'scoreThreshold') return { ...byOwnThreshold(question, asked.value, band), fmrOf }
    if (band === undefined) return { ...withoutCalibration(question), fmrOf }

    const fmr = asked.$case === 'targetFmr' ? asked.value : fmrForFpir(asked.value, templates ?? 1)
    const lowest = band.thresholdForFmr(fmr)
    const fnmr = lowest === undefined ? 1 : band.fnmrAt(lowest)
    const useful = lowest !== undefined && fnmr <= settings.mostFnmr
    const threshold: Threshold = {
      score: lowest,
      resolutionBand: band.resolution,
      calibration: CalibrationState.CALIBRATED,
      fmr: lowest === undefined ? undefined : fmr,
      explanation: calibratedText({
        band,
        asked,
        templates,
        resolution,
        fmr,
        fnmr,
        reached: lowest !== undefined,
        useful,
      }),
    }
    return { decision: decisionOf(score, lowest, useful), threshold, fmrOf }
  }
}

function defaultTarget(templates: number | undefined, settings: DecisionSettings): Asked {
  return templates === undefined
    ? { $case: 'targetFmr', value: settings.targetFmr }
    : { $case: 'targetFpir', value: settings.targetFpir }
}

/** What a decision is held to. */
export type Asked = NonNullable<DecisionTarget['target']>

function decisionOf(score: number | undefined, threshold: number | undefined, useful: boolean): Decision {
  // Nobody in an empty gallery can be on the probe.
  if (score === undefined) return Decision.NO_MATCH
  if (threshold === undefined || !useful) return Decision.INCONCLUSIVE
  return score >= threshold ? Decision.MATCH : Decision.NO_MATCH
}

function byOwnThreshold({ score, resolution }: Question, value: number, band: CalibratedBand | undefined) {
  const decision = score !== undefined && score >= value ? Decision.MATCH : Decision.NO_MATCH
  if (band === undefined) {
    return {
      decision,
      threshold: uncalibrated(resolution, "The caller's own raw cosine; no error rate is known for it.", value),
    }
  }
  const fmr = band.fmrOfScore(value)
  const explanation = `The caller's own raw cosine; at this resolution it means an FMR of ${describeRate(fmr)}, and ${describeRate(band.fnmrAt(value))} of the same people are missed.`
  const calibration = CalibrationState.CALIBRATED
  return { decision, threshold: { score: value, resolutionBand: band.resolution, calibration, fmr, explanation } }
}

const isCoarse = (resolution: number | undefined) => resolution !== undefined && resolution > 0 && resolution < SHARP

function bandOf({ calibration, resolution, reference }: Question): CalibratedBand | undefined {
  return calibration && !isCoarse(reference) ? calibratedBand(calibration, resolution) : undefined
}

function withoutCalibration({ score, target, resolution, reference, calibration }: Question) {
  if (score === undefined) {
    return {
      decision: Decision.NO_MATCH,
      threshold: uncalibrated(resolution, 'The gallery is empty: nobody in it can be on the probe.'),
    }
  }
  const uncalibratedFor = isCoarse(reference)
    ? ` for two faces of less than ${SHARP} px`
    : calibration
      ? ' for this resolution'
      : ''
  return {
    decision: Decision.INCONCLUSIVE,
    threshold: uncalibrated(
      resolution,
      `The model is not calibrated${uncalibratedFor}${target?.target ? ', so the target error rate cannot be turned into a threshold' : ''}: judge by the raw cosine, or state score_threshold.`,
    ),
  }
}

function uncalibrated(resolution: number, explanation: string, score?: number): Threshold {
  return {
    score,
    resolutionBand: resolutionBand(resolution),
    calibration: CalibrationState.UNCALIBRATED,
    fmr: undefined,
    explanation,
  }
}

function checkTarget({ $case, value }: Asked): void {
  const valid = $case === 'scoreThreshold' ? value >= -1 && value <= 1 : value > 0 && value < 1
  if (!valid) {
    const range = $case === 'scoreThreshold' ? '[-1, 1]' : '(0, 1)'
    throw new DomainError('FIELD_INVALID', `The decision target ${value} is outside ${range}.`)
  }
}
