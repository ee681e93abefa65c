import type { Scores } from './scores.js'
import type { SearchOutcomes } from './search-outcomes.js'
import { risingScores } from './sort-scores.js'

/** What open-set metrics need of the searches, sorted once: rising. */
export interface OpenSetScores {
  /** The best mate's score of every mated search; -Infinity where it is outside the rank limit, or failed. */
  readonly mated: Scores
  /** The top score of every non-mated search; -Infinity where the search failed. */
  readonly nonMated: Scores
}

/** @param rankLimit the length of the list of candidates, in which a mate counts; default without limit */
export function openSetScores(outcomes: SearchOutcomes, rankLimit = Number.POSITIVE_INFINITY): OpenSetScores {
  const { length, mated, topScore } = outcomes
  const mateScores = limitedMateScores(outcomes, rankLimit)
  const matedScores = mateScores.filter((_, index) => mated[index])
  const nonMatedScores = topScore.filter((_, index) => index < length && !mated[index])
  return { mated: risingScores(matedScores), nonMated: risingScores(nonMatedScores) }
}

/** @returns for every search the score of the best mate, -Infinity where its rank is beyond the limit */
export function limitedMateScores({ mateRank, mateScore }: SearchOutcomes, rankLimit: number): Float64Array {
  return mateScore.map((score, index) => {
    const rank = mateRank[index] as number
    return rank > 0 && rank <= rankLimit ? score : Number.NEGATIVE_INFINITY
  })
}
