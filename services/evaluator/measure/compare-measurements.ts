import { bootstrapBand } from '../../../libs/metrics/bootstrap.js'
import type { Interval } from '../../../libs/metrics/interval.js'
import type { Measurement, Metric } from './figure.js'

/** How much a figure differs. */
export interface FigureDifference extends Interval {
  readonly metric: Metric
  readonly parameter: number
}

/**
 * What a second model makes of the same comparisons, less what the first does: every replicate draws the same subjects for both.
 * @returns for each metric that both have statistics of
 */
export function compareMeasurements(first: Measurement, other: Measurement, seed: bigint): FigureDifference[] {
  return other.statistics.flatMap(({ metric, parameters, statistic, replicates }) => {
    const base = first.statistics.find((each) => each.metric === metric)
    if (base === undefined) return []
    const options = { subjects: first.subjects, seed, replicates }
    const { value, low, high } = bootstrapBand((multiplicity) => {
      const before = base.statistic(multiplicity)
      return statistic(multiplicity).map((figure, i) => figure - (before[i] as number))
    }, options)
    return parameters
      .map((parameter, i) => {
        const interval = { value: value[i] as number, low: low[i] as number, high: high[i] as number }
        return { metric, parameter, ...interval }
      })
      .filter((difference) => !Number.isNaN(difference.value))
  })
}
