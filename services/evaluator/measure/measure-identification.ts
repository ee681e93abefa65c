import { type CurveStatistic, subjectMean } from '../../../libs/metrics/bootstrap.js'
import { cmc, rankRate } from '../../../libs/metrics/cmc.js'
import { fnirAtFpir } from '../../../libs/metrics/fnir-at-fpir.js'
import { fnirStatistic } from '../../../libs/metrics/fnir-statistic.js'
import { meanAveragePrecision } from '../../../libs/metrics/mean-average-precision.js'
import { openSetScores } from '../../../libs/metrics/open-set-scores.js'
import type { SearchOutcomes } from '../../../libs/metrics/search-outcomes.js'
import { SURVFACE_FPIRS, survFaceOpenSet } from '../../../libs/metrics/survface-open-set.js'
import { wilsonInterval } from '../../../libs/metrics/wilson.js'
import { aucInterval } from './auc-interval.js'
import { type Figure, type FigureStatistic, type Measurement, type Metric, withValues } from './figure.js'
import { affordableReplicates, type IntervalSettings, rateIntervals } from './rate-intervals.js'

/** False positive identification rates that are reported. */
export const FPIRS = [1e-3, 1e-2, 1e-1] as const
/** Ranks that are reported with intervals. */
export const RANKS = [1, 5, 10, 20, 50] as const
/** Ranks of the CMC. */
const CMC_RANKS = 50

/** How identification is measured. */
export interface IdentificationSettings extends IntervalSettings {
  /** Whether the open-set figures of QMUL-SurvFace are wanted as well; default: not. */
  readonly survFace?: boolean
}

/** The searches of one gallery. */
export interface GallerySearches {
  readonly outcomes: SearchOutcomes
  /** For each search the subject of the probe, numbered from 0. */
  readonly subjectOf: Uint32Array
  /** Templates of the gallery. */
  readonly size: number
}

/**
 * Identification figures: hit rates at ranks, CMC and mAP of the mated searches; FNIR at FPIR where there are non-mated ones. Several
 * galleries are measured one by one and their figures averaged. The figures of QMUL-SurvFace have intervals that take searches as
 * independent, the others do not.
 * @param galleries at least one
 * @param subjects how many there are
 */
export function measureIdentification(
  galleries: readonly GallerySearches[],
  subjects: number,
  settings: IdentificationSettings,
): Measurement {
  const searches = galleries.reduce((sum, { outcomes }) => sum + outcomes.length, 0)
  const mated = galleries.map(({ outcomes }) => countMated(outcomes))
  const trials = Math.round(mean(mated))
  const smallest = Math.min(...galleries.map(({ size }) => size))
  const ranks = RANKS.filter((rank) => rank <= smallest)
  const replicates = affordableReplicates(searches, settings)
  const measured: [Omit<FigureStatistic, 'replicates'>, number[]][] = [
    [
      {
        metric: 'rank',
        parameters: ranks,
        statistic: averaged(galleries, (gallery) => hitRates(gallery, ranks, subjects)),
      },
      ranks.map((rank) => mean(galleries.map(({ outcomes }) => rankRate(outcomes, rank)))),
    ],
    [
      { metric: 'map', parameters: [0], statistic: averaged(galleries, (gallery) => precision(gallery, subjects)) },
      [mean(galleries.map(({ outcomes }) => meanAveragePrecision(outcomes)))],
    ],
  ]
  if (galleries.every(({ outcomes }, i) => outcomes.length > (mated[i] as number)) && trials > 0) {
    measured.push([
      {
        metric: 'fnir_at_fpir',
        parameters: FPIRS,
        statistic: averaged(galleries, ({ outcomes, subjectOf }) => fnirStatistic(outcomes, subjectOf, FPIRS)),
      },
      FPIRS.map((fpir) => mean(galleries.map(({ outcomes }) => fnirAtFpir(openSetScores(outcomes), fpir).fnir))),
    ])
  }
  return {
    figures: withValues([
      ...measured.flatMap(([{ metric, parameters, statistic }, values]) =>
        rateIntervals(values, statistic, { trials, comparisons: searches, subjects }, settings).map(
          (interval, i): Figure => ({ metric, parameter: parameters[i] as number, count: trials, ...interval }),
        ),
      ),
      ...curve(galleries, Math.min(CMC_RANKS, smallest), trials),
      ...(settings.survFace ? survFaceFigures(galleries, trials) : []),
    ]),
    statistics: replicates > 0 ? measured.map(([statistic]) => ({ ...statistic, replicates })) : [],
    subjects,
  }
}

function curve(galleries: readonly GallerySearches[], ranks: number, count: number): Figure[] {
  const curves = galleries.map(({ outcomes }) => cmc(outcomes, ranks)).filter(({ length }) => length > 0)
  const metric: Metric = 'cmc'
  return Array.from({ length: curves.length > 0 ? ranks : 0 }, (_, i) => {
    const value = mean(curves.map((rates) => rates[i] as number))
    return { metric, parameter: i + 1, count, value, low: value, high: value }
  })
}

function survFaceFigures(galleries: readonly GallerySearches[], count: number): Figure[] {
  const measured = galleries.map(({ outcomes }) => survFaceOpenSet(outcomes))
  const auc = mean(measured.map((each) => each.auc))
  const nonMated = Math.round(mean(galleries.map(({ outcomes }) => outcomes.length))) - count
  return [
    ...SURVFACE_FPIRS.map((fpir, i): Figure => {
      const value = mean(measured.map(({ tpirAtFpir }) => tpirAtFpir[i]?.tpir ?? Number.NaN))
      const interval = wilsonInterval((Number.isNaN(value) ? 0 : value) * count, count)
      return { metric: 'tpir20_at_fpir', parameter: fpir, count, ...interval, value }
    }),
    { metric: 'tpir20_auc', parameter: 0, count, ...aucInterval(auc, count, nonMated) },
  ]
}

/** The mean of the galleries' curves; every subject takes part as often in each. */
function averaged(
  galleries: readonly GallerySearches[],
  statisticOf: (gallery: GallerySearches) => CurveStatistic,
): CurveStatistic {
  const statistics = galleries.map(statisticOf)
  return (multiplicity) => {
    const sum = new Float64Array((statistics[0] as CurveStatistic)(multiplicity))
    for (const statistic of statistics.slice(1)) {
      const values = statistic(multiplicity)
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (values[i] as number)
    }
    return sum.map((value) => value / statistics.length)
  }
}

function hitRates(gallery: GallerySearches, ranks: readonly number[], subjects: number): CurveStatistic {
  const means = ranks.map((rank) =>
    overMated(gallery, subjects, ({ mateRank }, i) => {
      const found = mateRank[i] as number
      return found > 0 && found <= rank ? 1 : 0
    }),
  )
  return (multiplicity) => Float64Array.from(means, (statistic) => statistic(multiplicity))
}

function precision(gallery: GallerySearches, subjects: number): CurveStatistic {
  const statistic = overMated(gallery, subjects, ({ averagePrecision }, i) => averagePrecision[i] as number)
  return (multiplicity) => Float64Array.of(statistic(multiplicity))
}

function overMated(
  { outcomes, subjectOf }: GallerySearches,
  subjects: number,
  valueIn: (outcomes: SearchOutcomes, search: number) => number,
) {
  const places = Array.from(outcomes.mated.keys()).filter((i) => outcomes.mated[i])
  return subjectMean(
    places.map((i) => valueIn(outcomes, i)),
    Uint32Array.from(places, (i) => subjectOf[i] as number),
    subjects,
  )
}

function countMated({ mated }: SearchOutcomes): number {
  return mated.reduce((sum, each) => sum + each, 0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
