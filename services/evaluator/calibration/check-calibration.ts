import { calibratedBand, fmrForFpir } from '../../../libs/calibration/apply-calibration.js'
import { type CurveStatistic, subjectMean } from '../../../libs/metrics/bootstrap.js'
import type { Interval } from '../../../libs/metrics/interval.js'
import { wilsonInterval } from '../../../libs/metrics/wilson.js'
import type { Calibration } from '../../../libs/models/model-card.js'
import { type IntervalSettings, rateIntervals } from '../measure/rate-intervals.js'
import type { SubjectScores } from './collect-scores.js'
import type { ScoreMatrix } from './score-matrix.js'

/** A rate that was realised, with its 95 % interval: what both drawing subjects and Wilson's score leave possible. */
export interface RealisedRate extends Interval {
  /** Comparisons, or searches, behind it. */
  readonly count: number
}

/** What a target came to on subjects that nothing was fitted on. */
export interface BandCheck {
  /** Upper edge of the band in pixels; 0 is full resolution. */
  readonly resolution: number
  /** The false match rate asked for, and the false positive identification rate likewise. */
  readonly target: number
  /** The threshold for that false match rate; undefined where none meets it. */
  readonly threshold: number | undefined
  /** False match rate at that threshold. */
  readonly fmr: RealisedRate
  /** False non-match rate at that threshold. */
  readonly fnmr: RealisedRate
  /** False positive identification rate, with thresholds for each probe's gallery: all templates of the others. */
  readonly fpir: RealisedRate
}

/** The targets that are checked. */
export const CHECK_TARGETS = [1e-1, 1e-2, 1e-3] as const

/**
 * Holds a calibration to scores of subjects that it was not fitted on. Failed extractions are left out, as in the fit.
 * @returns by band and target
 */
export function checkCalibration(
  calibration: Calibration,
  { bands, subjects }: SubjectScores,
  settings: IntervalSettings,
): BandCheck[] {
  const checks: BandCheck[] = []
  for (const matrix of bands()) {
    const band = calibratedBand(calibration, matrix.resolution)
    if (band === undefined || matrix.scores.length === 0) continue
    for (const target of CHECK_TARGETS) {
      const threshold = band.thresholdForFmr(target)
      const limit = threshold ?? Number.POSITIVE_INFINITY
      const comparisons = countPairs(matrix, subjects, limit)
      const searches = searchAll(matrix, (templates) => {
        return band.thresholdForFmr(fmrForFpir(target, templates)) ?? Number.POSITIVE_INFINITY
      })
      const { values, subjectOf } = searches
      const found = subjectMean(values, subjectOf, subjects)
      checks.push({
        resolution: matrix.resolution,
        target,
        threshold,
        fmr: realised(pairStatistic(comparisons, subjects, false), comparisons.nonMated, subjects, settings),
        fnmr: realised(pairStatistic(comparisons, subjects, true), comparisons.mated, subjects, settings),
        fpir: realised((multiplicity) => Float64Array.of(found(multiplicity)), values.length, subjects, settings),
      })
    }
  }
  return checks
}

function realised(
  statistic: CurveStatistic,
  count: number,
  subjects: number,
  settings: IntervalSettings,
): RealisedRate {
  const value = statistic(new Uint32Array(subjects).fill(1))[0] as number
  // Comparisons of two subjects are alike: no more can be said than of as many trials as there are pairs.
  const trials = Math.min(count, subjects * (subjects - 1))
  const [drawn] = rateIntervals([value], statistic, { trials, comparisons: subjects ** 2, subjects }, settings)
  if (Number.isNaN(value)) return { ...(drawn as Interval), count }
  // Where an error or two were seen, drawing them again and again hardly tells that there may be more.
  const { low, high } = wilsonInterval(value * trials, trials)
  const { low: lowest = low, high: highest = high } = drawn ?? {}
  return { value, low: Math.min(low, lowest), high: Math.max(high, highest), count }
}

interface PairCounts {
  /** [probe's subject, template's subject], of comparisons that were made. */
  readonly all: Float64Array
  /** Those of them whose decision was wrong: accepted strangers, refused mates. */
  readonly wrong: Float64Array
  readonly mated: number
  readonly nonMated: number
}

function countPairs({ scores, probeSubjects, templateSubjects }: ScoreMatrix, subjects: number, threshold: number) {
  const counts = { all: new Float64Array(subjects ** 2), wrong: new Float64Array(subjects ** 2), mated: 0, nonMated: 0 }
  let at = 0
  for (const probe of probeSubjects) {
    for (const template of templateSubjects) {
      const score = scores[at++] as number
      if (Number.isNaN(score)) continue
      const pair = probe * subjects + template
      const isMated = probe === template
      if (isMated) counts.mated++
      else counts.nonMated++
      counts.all[pair] = (counts.all[pair] as number) + 1
      if (score >= threshold !== isMated) counts.wrong[pair] = (counts.wrong[pair] as number) + 1
    }
  }
  return counts
}

/** A pair of subjects counts as often as the product of their multiplicities, a subject with itself as often as that subject. */
function pairStatistic({ all, wrong }: PairCounts, subjects: number, mated: boolean): CurveStatistic {
  return (multiplicity) => {
    let [total, errors] = [0, 0]
    for (let one = 0; one < subjects; one++) {
      const times = multiplicity[one] as number
      if (times === 0) continue
      const [from, to] = mated ? [one, one + 1] : [0, subjects]
      for (let other = from; other < to; other++) {
        if (!mated && other === one) continue
        const weight = mated ? times : times * (multiplicity[other] as number)
        total += weight * (all[one * subjects + other] as number)
        errors += weight * (wrong[one * subjects + other] as number)
      }
    }
    return Float64Array.of(errors / total)
  }
}

/** Searches the templates of the others for each probe: 1 where somebody is found, 0 where nobody is. */
function searchAll(
  { scores, probeSubjects, templateSubjects }: ScoreMatrix,
  thresholdFor: (templates: number) => number,
): { readonly values: number[]; readonly subjectOf: Uint32Array } {
  const thresholds = new Map<number, number>()
  const values: number[] = []
  const subjectOf: number[] = []
  let at = 0
  for (const probe of probeSubjects) {
    let [top, templates] = [Number.NEGATIVE_INFINITY, 0]
    for (const template of templateSubjects) {
      const score = scores[at++] as number
      if (template === probe || Number.isNaN(score)) continue
      templates++
      if (score > top) top = score
    }
    if (templates === 0) continue
    const threshold = thresholds.get(templates) ?? thresholdFor(templates)
    thresholds.set(templates, threshold)
    values.push(top >= threshold ? 1 : 0)
    subjectOf.push(probe)
  }
  return { values, subjectOf: Uint32Array.from(subjectOf) }
}
