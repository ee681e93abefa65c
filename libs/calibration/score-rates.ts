import { countAbove, countAtLeast, type Scores } from '../metrics/scores.js'
import { fitParetoTail, type ParetoTail, raiseThreshold, tailShare, tailSize } from './pareto-tail.js'

/** A rate in [0, 1] as a function of the score; never rising. */
export type ScoreRate = (score: number) => number

/** Scores that are counted at a rate, at least: that many tell it to 14 %. */
const LEAST_COUNTED = 50

/**
 * False match rate over the score, from scores of comparisons of different subjects.
 *
 * The body is counted: of n scores, (accepted + 1) / (n + 1), which bounds the chance of the next one in the mean whatever the
 * distribution (the rank of an exchangeable score), and is 1 / (n + 1) where nothing was seen. Tied scores are accepted together. Beyond
 * the highest 50 the tail of a generalised Pareto distribution goes on, whose shape is that of a larger tail (see tailSize); it is never
 * below what was seen.
 * @param rising without failed comparisons; at least one
 * @param highest score there can be, 1 for cosines
 */
export function falseMatchRate(rising: Scores, highest = 1): ScoreRate {
  const count = rising.length
  const tail = findTail(rising, highest)
  return (score) => {
    const accepted = countAtLeast(rising, score)
    if (tail === undefined || score <= tail.fit.threshold) return (accepted + 1) / (count + 1)
    return Math.max(tail.share * tailShare(tail.fit, score), accepted / (count + 1))
  }
}

/**
 * True accept rate over the score, from scores of comparisons of a subject with itself: the share at or above the score.
 * @param rising without failed comparisons; at least one
 */
export function trueAcceptRate(rising: Scores): ScoreRate {
  return (score) => countAtLeast(rising, score) / rising.length
}

/**
 * The mean of rates, by weight: what an opinion pool of several samples says.
 * @param weights not negative, not all zero
 */
export function mixRates(rates: readonly ScoreRate[], weights: readonly number[]): ScoreRate {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  // Rounding may lift the mean of ones above one.
  return (score) => Math.min(1, rates.reduce((sum, rate, i) => sum + (weights[i] as number) * rate(score), 0) / total)
}

function findTail(rising: Scores, highest: number): { fit: ParetoTail; share: number } | undefined {
  const count = rising.length
  const wanted = tailSize(count)
  if (wanted === 0) return undefined
  const threshold = rising[count - 1 - wanted] as number
  // Scores tied with a threshold belong to the body.
  const above = countAbove(rising, threshold)
  const excesses = Float64Array.from(rising.subarray(count - above), (score) => score - threshold)
  const fit = fitParetoTail(excesses, threshold, highest)
  if (fit === undefined) return undefined
  const end = rising[count - 1 - Math.min(wanted, LEAST_COUNTED)] as number
  return { fit: raiseThreshold(fit, end), share: (countAbove(rising, end) + 1) / (count + 1) }
}
