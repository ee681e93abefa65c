import type { CurveStatistic } from '../../../libs/metrics/bootstrap.js'
import type { Interval } from '../../../libs/metrics/interval.js'

/**
 * What is measured, in the order of tables. `cmc` is a curve without intervals, one figure a rank; `rank` has them. `tpir20_at_fpir` and
 * `tpir20_auc` are measured by the protocol of QMUL-SurvFace alone, see survFaceOpenSet.
 */
export const METRICS = [
  'accuracy',
  'tar_at_far',
  'eer',
  'auc',
  'rank',
  'cmc',
  'map',
  'fnir_at_fpir',
  'tpir20_at_fpir',
  'tpir20_auc',
] as const

/** See METRICS. */
export type Metric = (typeof METRICS)[number]

/** Metrics at target rates, each with the target whose figure stands for the metric where one is wanted: those of the paper's tables. */
export const MAIN_TARGET = { tar_at_far: 1e-3, fnir_at_fpir: 1e-2, tpir20_at_fpir: 1e-2 } as const

/** @returns whether figures of the metric are stated at target rates */
export const hasTargets = (metric: Metric): metric is keyof typeof MAIN_TARGET => Object.hasOwn(MAIN_TARGET, metric)

/** Metrics of which less is better. */
export const ERROR_METRICS: ReadonlySet<Metric> = new Set<Metric>(['eer', 'fnir_at_fpir'])

/** One figure with its 95 % interval. */
export interface Figure extends Interval {
  readonly metric: Metric
  /** The FAR, FPIR or rank; 0 where the metric has none. */
  readonly parameter: number
  /** Mated comparisons, or searches, behind it. */
  readonly count: number
}

/** A metric at some parameters as a function of how often each subject takes part, for the intervals of differences. */
export interface FigureStatistic {
  readonly metric: Metric
  readonly parameters: readonly number[]
  readonly statistic: CurveStatistic
  /** How many a bootstrap may draw in reasonable time, see affordableReplicates; > 0. */
  readonly replicates: number
}

/** What was measured under one condition. */
export interface Measurement {
  readonly figures: readonly Figure[]
  readonly statistics: readonly FigureStatistic[]
  /** Subjects that the statistics count, numbered from 0. */
  readonly subjects: number
}

/** @returns the figures that have a value: one of no trials at all says nothing */
export const withValues = (figures: readonly Figure[]): Figure[] => figures.filter(({ value }) => !Number.isNaN(value))
