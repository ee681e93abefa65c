import type { CurveStatistic } from './bootstrap.js'
import type { Scores } from './scores.js'
import { risingOrder } from './sort-scores.js'

/** Comparisons whose subjects are known; columns of equal length. */
export interface Comparisons {
  readonly scores: Scores
  /** 1 for two pictures of one subject. */
  readonly mated: Uint8Array
  /** The templates of both sides. */
  readonly first: Uint32Array
  readonly second: Uint32Array
  /** The subject of each template, numbered from 0. */
  readonly subjectOf: Uint32Array
}

/**
 * TAR at false accept rates, for `bootstrapBand`. A comparison of two subjects counts as often as the product of their multiplicities,
 * one of a subject with itself as often as that subject.
 * Source: T. Snijders, S. Borgatti, "Non-parametric standard errors and tests for network statistics" (1999).
 * @param fars in (0, 1), rising
 * @returns a statistic of one TAR for each rate, as `fnmrAtFmr` defines it; NaN where nothing of a kind was drawn
 */
export function tarStatistic(comparisons: Comparisons, fars: readonly number[]): CurveStatistic {
  const { scores, mated, first, second, subjectOf } = comparisons
  // Only once it is asked for: not every figure gets an interval, and orders of millions take seconds.
  let known: Uint32Array | undefined

  return (multiplicity) => {
    known ??= risingOrder(scores)
    const order = known
    const times = subjectOf.map((subject) => multiplicity[subject] as number)
    const weight = (index: number) => {
      const one = times[first[index] as number] as number
      return mated[index] ? one : one * (times[second[index] as number] as number)
    }
    let [allMated, allNonMated] = [0, 0]
    for (let i = 0; i < scores.length; i++) {
      if (mated[i]) allMated += weight(i)
      else allNonMated += weight(i)
    }
    const tars = new Float64Array(fars.length).fill(Number.NaN)
    if (allMated === 0 || allNonMated === 0) return tars

    let [accepted, falselyAccepted, rate] = [0, 0, 0]
    for (let end = order.length - 1; end >= 0 && rate < fars.length; ) {
      const score = scores[order[end] as number] as number
      if (Number.isNaN(score) || score === Number.NEGATIVE_INFINITY) break
      let [tiedMated, tiedNonMated] = [0, 0]
      for (; end >= 0 && scores[order[end] as number] === score; end--) {
        const index = order[end] as number
        if (mated[index]) tiedMated += weight(index)
        else tiedNonMated += weight(index)
      }
      // Tied scores come in together, or stay out together.
      while (rate < fars.length && (falselyAccepted + tiedNonMated) / allNonMated > (fars[rate] as number)) {
        tars[rate++] = accepted / allMated
      }
      accepted += tiedMated
      falselyAccepted += tiedNonMated
    }
    tars.fill(accepted / allMated, rate)
    return tars
  }
}
