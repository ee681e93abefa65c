import { createRandom } from '../random/random.js'
import type { Interval } from './interval.js'

/**
 * A figure of an experiment in which every subject takes part a number of times.
 * @param multiplicity for each subject how often; all 1 is the experiment as it was
 */
export type Statistic = (multiplicity: Uint32Array) => number

/** The same for the points of a curve; always of one length. */
export type CurveStatistic = (multiplicity: Uint32Array) => Float64Array

export interface BootstrapOptions {
  /** How many there are; subjects are numbered from 0. */
  readonly subjects: number
  /** The same seed draws the same subjects, and so pairs the replicates of several calls. */
  readonly seed: bigint
  /** Default 1,000. */
  readonly replicates?: number
  /** In (0, 1), default 0.95. */
  readonly confidence?: number
}

/** A curve with a pointwise band. */
export interface Band {
  readonly value: Float64Array
  readonly low: Float64Array
  readonly high: Float64Array
}

/**
 * An interval by drawing whole subjects with replacement: comparisons that share a subject are not independent, subjects are.
 * Percentiles of the replicates, linear between neighbours; a replicate that has no value (NaN) is left out.
 * Source: B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13; M. Schuckers, "Computational Methods in
 * Biometric Authentication" (2010), for subjects as the unit that is drawn.
 * @returns the figure of the experiment with its bounds; NaN where no replicate has a value
 */
export function bootstrap(statistic: Statistic, options: BootstrapOptions): Interval {
  const { value, low, high } = bootstrapBand((multiplicity) => Float64Array.of(statistic(multiplicity)), options)
  return { value: value[0] as number, low: low[0] as number, high: high[0] as number }
}

/** The interval of the difference a - b of two models on the same subjects: every replicate draws the same ones for both. */
export function bootstrapDifference(a: Statistic, b: Statistic, options: BootstrapOptions): Interval {
  return bootstrap((multiplicity) => a(multiplicity) - b(multiplicity), options)
}

/** The interval of every point of a curve. */
export function bootstrapBand(statistic: CurveStatistic, options: BootstrapOptions): Band {
  const { subjects, seed, replicates = 1000, confidence = 0.95 } = options
  const random = createRandom(seed)
  const value = statistic(new Uint32Array(subjects).fill(1)).slice()
  const points = Array.from(value, () => new Float64Array(replicates))
  for (let replicate = 0; replicate < replicates; replicate++) {
    const multiplicity = new Uint32Array(subjects)
    for (let draw = 0; draw < subjects; draw++) {
      const subject = random.integer(0, subjects - 1)
      multiplicity[subject] = (multiplicity[subject] as number) + 1
    }
    const drawn = statistic(multiplicity)
    points.forEach((values, point) => {
      values[replicate] = drawn[point] as number
    })
  }
  const rising = points.map((values) => values.filter((drawn) => !Number.isNaN(drawn)).sort())
  const tail = (1 - confidence) / 2
  return {
    value,
    low: Float64Array.from(rising, (values) => quantile(values, tail)),
    high: Float64Array.from(rising, (values) => quantile(values, 1 - tail)),
  }
}

/**
 * A mean over items, e.g. the hits of searches, each of which counts as often as its subject.
 * @param values of the items
 * @param subjectOf for each item its subject
 * @param subjects how many there are
 */
export function subjectMean(values: ArrayLike<number>, subjectOf: Uint32Array, subjects: number): Statistic {
  const sums = new Float64Array(subjects)
  const counts = new Float64Array(subjects)
  for (let i = 0; i < values.length; i++) {
    const subject = subjectOf[i] as number
    sums[subject] = (sums[subject] as number) + (values[i] as number)
    counts[subject] = (counts[subject] as number) + 1
  }
  return (multiplicity) => {
    let [sum, count] = [0, 0]
    for (let subject = 0; subject < subjects; subject++) {
      const times = multiplicity[subject] as number
      sum += times * (sums[subject] as number)
      count += times * (counts[subject] as number)
    }
    return sum / count
  }
}

/** Hyndman and Fan's type 7, numpy's default. */
function quantile(rising: Float64Array, p: number): number {
  if (rising.length === 0) return Number.NaN
  const place = p * (rising.length - 1)
  const below = rising[Math.floor(place)] as number
  const above = rising[Math.ceil(place)] as number
  return below === above ? below : below + (above - below) * (place % 1)
}
