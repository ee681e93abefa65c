import { bootstrapBand, type CurveStatistic } from '../../../libs/metrics/bootstrap.js'
import type { Interval } from '../../../libs/metrics/interval.js'
import { wilsonInterval } from '../../../libs/metrics/wilson.js'

/** How rates get their intervals. */
export interface IntervalSettings {
  readonly seed: bigint
  /** Drawn at most; fewer where comparisons are many. */
  readonly replicates: number
}

/** Comparisons looked at for one curve's bootstrap, over all replicates: some seconds. */
const WORK = 2e8
/** With fewer replicates the ends of an interval are noise. */
const LEAST_REPLICATES = 200

/** @returns how many replicates a bootstrap over so many comparisons may have; 0: too many comparisons to draw from */
export function affordableReplicates(comparisons: number, { replicates }: IntervalSettings): number {
  const most = Math.floor(WORK / Math.max(1, comparisons))
  return most < LEAST_REPLICATES ? 0 : Math.min(replicates, most)
}

/**
 * 95 % intervals of rates: by drawing subjects, since comparisons that share one are not independent; by Wilson where a bootstrap would
 * take too long, or where it is blind, because every replicate gives the same (no error was seen at all).
 * @param values the rates
 * @param statistic gives the same rates
 * @param trials behind each of them
 * @param comparisons that one evaluation of the statistic looks at
 */
export function rateIntervals(
  values: ArrayLike<number>,
  statistic: CurveStatistic,
  options: { readonly trials: number; readonly comparisons: number; readonly subjects: number },
  settings: IntervalSettings,
): Interval[] {
  const { trials, comparisons, subjects } = options
  const replicates = affordableReplicates(comparisons, settings)
  const band =
    replicates > 0 && trials > 0 ? bootstrapBand(statistic, { subjects, seed: settings.seed, replicates }) : undefined
  return Array.from(values, (value, i) => {
    const [low, high] = [band?.low[i] as number, band?.high[i] as number]
    const seen = band !== undefined && low < high
    return seen ? { value, low, high } : { ...wilsonInterval(value * trials, trials), value }
  })
}
