/** The distribution of scores above a threshold. */
export interface ParetoTail {
  /** The scores above it are the tail. */
  readonly threshold: number
  /** Shape of the generalised Pareto distribution: below 0 it ends, at 0 it is exponential, above 0 it is heavy. */
  readonly shape: number
  /** Scale of it, > 0, in units of the score. */
  readonly scale: number
}

/** With fewer scores above the threshold a fit is noise. */
const LEAST_SCORES = 10
/** Moments of probability weights have a variance below this shape only. */
const MOST_SHAPE = 0.45
/** No share of all scores above this is a tail (the "upper 10 % rule", DuMouchel 1983). */
const MOST_SHARE = 0.1

/**
 * How many of the highest scores make the tail: n^(2/3) / log(log n), and a tenth at most. It grows without bound while its share goes to
 * zero, which is what the theory asks for; so much data as there is decides how far out the body ends.
 * Source: M. Loretan, P. Phillips (1994), as reviewed by C. Scarrott, A. MacDonald, "A review of extreme value threshold estimation and
 * uncertainty quantification" (2012).
 * @param count of all scores
 */
export function tailSize(count: number): number {
  if (count < LEAST_SCORES) return 0
  return Math.floor(Math.min(MOST_SHARE * count, count ** (2 / 3) / Math.log(Math.log(count))))
}

/**
 * Fits a generalised Pareto distribution to the excesses over a threshold, by probability-weighted moments (J. Hosking, J. Wallis,
 * "Parameter and quantile estimation for the generalized Pareto distribution", 1987), which beat maximum likelihood for few data. It is
 * made careful in two ways: the shape is one standard error heavier than estimated, so that few data give a heavier tail; and the tail
 * does not end below the highest score there can be, for sooner or later somebody's twin comes by. The scale keeps the mean excess.
 * @param excesses score - threshold, each > 0, rising
 * @param threshold which they exceed
 * @param highest score there can be, 1 for cosines
 * @returns undefined where there are too few different scores to tell
 */
export function fitParetoTail(excesses: Float64Array, threshold: number, highest: number): ParetoTail | undefined {
  const count = excesses.length
  if (count < LEAST_SCORES || excesses[0] === excesses[count - 1] || threshold >= highest) return undefined
  let [mean, weighted] = [0, 0]
  for (const [i, excess] of excesses.entries()) {
    mean += excess / count
    weighted += (excess * (1 - (i + 0.65) / count)) / count
  }
  const estimated = Math.min(MOST_SHAPE, 2 - mean / (mean - 2 * weighted))
  const heavier = Math.min(MOST_SHAPE, estimated + shapeError(estimated, count))
  // The tail of this mean excess that ends exactly at the highest score.
  const share = Math.min(0.5, mean / (highest - threshold))
  const shape = Math.max(heavier, -share / (1 - share))
  return { threshold, shape, scale: mean * (1 - shape) }
}

/** @returns the part of a tail above a higher threshold, which is of the same kind and shape */
export function raiseThreshold({ threshold, shape, scale }: ParetoTail, higher: number): ParetoTail {
  return { threshold: higher, shape, scale: scale + shape * (higher - threshold) }
}

/** @returns the share of the tail's scores at or above `score`, in [0, 1] */
export function tailShare({ threshold, shape, scale }: ParetoTail, score: number): number {
  const excess = Math.max(0, score - threshold) / scale
  if (Math.abs(shape) < 1e-9) return Math.exp(-excess)
  return Math.max(0, 1 + shape * excess) ** (-1 / shape)
}

/** Asymptotic standard error of the shape. Source: Hosking and Wallis (1987), section 3.3, whose k is minus the shape. */
function shapeError(shape: number, count: number): number {
  const k = Math.max(-0.45, -shape)
  return Math.sqrt(((1 + k) * (2 + k) ** 2 * (1 + k + 2 * k ** 2)) / ((1 + 2 * k) * (3 + 2 * k)) / count)
}
