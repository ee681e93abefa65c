import type { CurveStatistic } from './bootstrap.js'
import { limitedMateScores } from './open-set-scores.js'
import type { SearchOutcomes } from './search-outcomes.js'
import { risingOrder } from './sort-scores.js'

/**
 * FNIR at false positive identification rates, for `bootstrapBand`: a search counts as often as the subject of its probe, and the
 * threshold is found anew from the searches drawn.
 * @param subjectOf for each search the subject of the probe, numbered from 0 over mated and non-mated ones
 * @param fpirs in (0, 1), rising
 * @param rankLimit as of `openSetScores`
 * @returns a statistic of one FNIR for each rate, as `fnirAtFpir` defines it; NaN where nothing of a kind was drawn
 */
export function fnirStatistic(
  outcomes: SearchOutcomes,
  subjectOf: Uint32Array,
  fpirs: readonly number[],
  rankLimit = Number.POSITIVE_INFINITY,
): CurveStatistic {
  const { mated, topScore } = outcomes
  const mateScores = limitedMateScores(outcomes, rankLimit)
  const ordersOf = () => ({
    matedOrder: risingOrder(mateScores).filter((index) => mated[index]),
    nonMatedOrder: risingOrder(topScore).filter((index) => !mated[index]),
  })
  let known: ReturnType<typeof ordersOf> | undefined

  return (multiplicity) => {
    known ??= ordersOf()
    const { matedOrder, nonMatedOrder } = known
    const weight = (index: number) => multiplicity[subjectOf[index] as number] as number
    const allMated = sum(matedOrder, weight)
    const allNonMated = sum(nonMatedOrder, weight)
    const fnirs = new Float64Array(fpirs.length).fill(Number.NaN)
    if (allMated === 0 || allNonMated === 0) return fnirs

    let [nextMated, accepted] = [matedOrder.length - 1, 0]
    const accept = (isIn: (score: number) => boolean) => {
      for (; nextMated >= 0; nextMated--) {
        const index = matedOrder[nextMated] as number
        const score = mateScores[index] as number
        if (score === Number.NEGATIVE_INFINITY || !isIn(score)) return
        accepted += weight(index)
      }
    }

    let [rate, reported] = [0, 0]
    for (let end = nonMatedOrder.length - 1; end >= 0 && rate < fpirs.length; ) {
      const top = topScore[nonMatedOrder[end] as number] as number
      if (top === Number.NEGATIVE_INFINITY) break
      let tied = 0
      for (; end >= 0 && topScore[nonMatedOrder[end] as number] === top; end--) {
        tied += weight(nonMatedOrder[end] as number)
      }
      if (tied === 0) continue
      // Just above the highest top score that was drawn; further down at top scores alone.
      if (reported === 0) accept((score) => score > top)
      while (rate < fpirs.length && (reported + tied) / allNonMated > (fpirs[rate] as number)) {
        fnirs[rate++] = (allMated - accepted) / allMated
      }
      reported += tied
      accept((score) => score >= top)
    }
    // Nothing scored: whatever mate there is, is reported.
    if (reported === 0) accept(() => true)
    fnirs.fill((allMated - accepted) / allMated, rate)
    return fnirs
  }
}

function sum(indices: Uint32Array, weight: (index: number) => number): number {
  let total = 0
  for (const index of indices) total += weight(index)
  return total
}
