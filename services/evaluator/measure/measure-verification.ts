import { areaUnderRoc } from '../../../libs/metrics/auc.js'
import { equalErrorRate } from '../../../libs/metrics/eer.js'
import { fnmrAtFmr } from '../../../libs/metrics/fnmr-at-fmr.js'
import { tarStatistic } from '../../../libs/metrics/tar-statistic.js'
import { foldAccuracy } from '../../../libs/metrics/ten-fold.js'
import { comparedScores, splitScores, type VerificationScores } from '../../../libs/metrics/verification-scores.js'
import { wilsonInterval } from '../../../libs/metrics/wilson.js'
import { aucInterval } from './auc-interval.js'
import { type Figure, type Measurement, withValues } from './figure.js'
import { affordableReplicates, type IntervalSettings, rateIntervals } from './rate-intervals.js'

/** Scored comparisons, column by column. */
export interface ScoredComparisons {
  /** NaN where an extraction failed. */
  readonly scores: Float32Array
  /** 1 for two templates of one subject. */
  readonly mated: Uint8Array
  /** Templates of both sides. */
  readonly first: Uint32Array
  readonly second: Uint32Array
  /** The subject of each template, numbered from 0. */
  readonly subjectOf: Uint32Array
  readonly subjects: number
  /** For each comparison its fold, 0..folds - 1. */
  readonly fold: Uint8Array
  readonly folds: number
}

/** False accept rates that may be reported, see reportedFars. */
export const FARS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 0.3] as const

/** From here to 0.1 they always are: a TAR that rests on no false accept has a wide interval, but a table lacks no row. */
const LEAST_ALWAYS = 1e-4

/** What a rate below that must allow to be reported. */
const LEAST_FALSE_ACCEPTS = 10

/** How verification is measured. */
export interface VerificationSettings extends IntervalSettings {
  /** Whether the rate of 30 % is wanted, which QMUL-SurvFace reports; default: not. */
  readonly survFace?: boolean
}

/** @returns the rates that are reported of so many non-mated comparisons: IJB-C's 15.6 million reach down to 1e-6 */
export const reportedFars = (nonMated: number, survFace = false): number[] =>
  FARS.filter((far) => (far > 0.1 ? survFace : far >= LEAST_ALWAYS || far * nonMated >= LEAST_FALSE_ACCEPTS))

/** Half the width of a 95 % interval in standard errors. */
const Z = 1.96

/**
 * Verification figures: ten-fold accuracy where there are folds, TAR at FAR, EER, AUC. EER and AUC have intervals that take comparisons
 * as independent, the others do not.
 */
export function measureVerification(comparisons: ScoredComparisons, settings: VerificationSettings): Measurement {
  const { scores, mated, subjects } = comparisons
  const sorted = comparedScores(scores, mated)
  const count = sorted.mated.length
  const replicates = affordableReplicates(scores.length, settings)
  const fars = reportedFars(sorted.nonMated.length, settings.survFace)
  const statistic = tarStatistic(comparisons, fars)
  const tars = rateIntervals(
    fars.map((far) => fnmrAtFmr(sorted, far).tar),
    statistic,
    { trials: count, comparisons: scores.length, subjects },
    settings,
  )
  return {
    figures: withValues([
      ...accuracy(comparisons),
      ...tars.map(
        (interval, i): Figure => ({ metric: 'tar_at_far', parameter: fars[i] as number, count, ...interval }),
      ),
      { metric: 'eer', parameter: 0, count, ...eerInterval(sorted) },
      { metric: 'auc', parameter: 0, count, ...aucInterval(areaUnderRoc(sorted), count, sorted.nonMated.length) },
    ]),
    statistics: replicates > 0 ? [{ metric: 'tar_at_far', parameters: fars, statistic, replicates }] : [],
    subjects,
  }
}

/** Mean over the folds, with the interval of its standard error over them. */
function accuracy({ scores, mated, fold, folds }: ScoredComparisons): Figure[] {
  if (folds < 2) return []
  const parts = Array.from({ length: folds }, (_, number) => {
    const isIn = (_: unknown, i: number) => fold[i] === number
    return splitScores(scores.filter(isIn), mated.filter(isIn))
  })
  const { mean, standardError } = foldAccuracy(parts)
  const [low, high] = [mean - Z * standardError, Math.min(1, mean + Z * standardError)]
  return [{ metric: 'accuracy', parameter: 0, count: scores.length, value: mean, low, high }]
}

function eerInterval(scores: VerificationScores) {
  const value = equalErrorRate(scores)
  // At the equal error rate the smaller of the two sets is what is uncertain.
  const trials = Math.min(scores.mated.length, scores.nonMated.length)
  return { ...wilsonInterval((Number.isNaN(value) ? 0 : value) * trials, trials), value }
}
