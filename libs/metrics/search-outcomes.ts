import { type Scores, UNKNOWN_SUBJECT } from './scores.js'

/** What became of the searches of an identification experiment, column by column: one entry a search. */
export interface SearchOutcomes {
  readonly length: number
  /** 1 where the probe's subject is in the gallery. */
  readonly mated: Uint8Array
  /** The rank of the best mate in the list of candidates, from 1; 0 where it is not in it, and for non-mated searches. */
  readonly mateRank: Uint32Array
  /** The score of the best mate; -Infinity where there is none. */
  readonly mateScore: Float64Array
  /** The highest score of all candidates; -Infinity where there is none. */
  readonly topScore: Float64Array
  /** Average precision of the list of candidates, in [0, 1]; 0 for non-mated searches. */
  readonly averagePrecision: Float64Array
}

/** One probe against a gallery. */
export interface Search {
  /** For each gallery template, in any order; NaN where an extraction failed, all of them NaN where that of the probe did. */
  readonly scores: Scores
  /** The subject of each gallery template, as a number; UNKNOWN_SUBJECT is a distractor. */
  readonly gallerySubjects: Uint32Array
  /** The subject of the probe. */
  readonly subject: number
  /** Whether the subject is enrolled; needed only where `scores` may be a list of candidates that its templates are missing from. */
  readonly mated?: boolean
}

/** Takes searches one by one, so that the scores of all of them need never be in memory. */
export interface SearchTable {
  add(search: Search): void
  /** @returns what was added so far */
  outcomes(): SearchOutcomes
}

/**
 * Ranks are counted over gallery templates. Of equal scores the mate's is taken to come last: a tie is never broken in the system's favour.
 * A failed comparison never makes it into the list of candidates.
 *
 * Average precision is that of TinyFace: the area under precision over recall by trapezoids, where the precision before a hit is that at
 * the rank just above, 1 before rank 1.
 * Source: Z. Cheng et al., "Low-resolution face recognition" (2018), whose evaluation follows Philbin et al. (2007).
 * @param capacity the most searches
 */
export function createSearchTable(capacity: number): SearchTable {
  let length = 0
  const mated = new Uint8Array(capacity)
  const mateRank = new Uint32Array(capacity)
  const mateScore = new Float64Array(capacity)
  const topScore = new Float64Array(capacity)
  const averagePrecision = new Float64Array(capacity)

  return {
    add(search) {
      if (length === capacity) throw new RangeError(`The table holds ${capacity} searches: create it for more.`)
      const mates = mateScores(search)
      const { top, ranks } = survey(search, mates)
      mated[length] = (search.mated ?? mates.length > 0) ? 1 : 0
      mateRank[length] = ranks[0] ?? 0
      mateScore[length] = mates[0] ?? Number.NEGATIVE_INFINITY
      topScore[length] = top
      averagePrecision[length] = precision(ranks)
      length++
    },
    outcomes: () => ({
      length,
      mated: mated.subarray(0, length),
      mateRank: mateRank.subarray(0, length),
      mateScore: mateScore.subarray(0, length),
      topScore: topScore.subarray(0, length),
      averagePrecision: averagePrecision.subarray(0, length),
    }),
  }
}

/** The scores of all mates, falling, -Infinity for failed ones. Distractors are nobody's mates, each other's neither. */
function mateScores({ scores, gallerySubjects, subject }: Search): number[] {
  const mates: number[] = []
  if (subject === UNKNOWN_SUBJECT) return mates
  for (let i = gallerySubjects.indexOf(subject); i >= 0; i = gallerySubjects.indexOf(subject, i + 1)) {
    const score = scores[i] as number
    mates.push(Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score)
  }
  // Equal infinities have no difference.
  return mates.sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
}

/** The highest of all scores, and the rank of every mate, 0 for failed ones. */
function survey(search: Search, mates: readonly number[]): { top: number; ranks: number[] } {
  const { scores, gallerySubjects, subject } = search
  const lowest = mates.at(-1)
  const ranks = mates.map(() => 0)
  let top = Number.NEGATIVE_INFINITY
  if (lowest === undefined) {
    for (let i = 0; i < scores.length; i++) if ((scores[i] as number) > top) top = scores[i] as number
    return { top, ranks }
  }
  // First how many others come before each mate but not before the one above it. What scores lower than all mates is of no interest.
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number
    if (!(score >= lowest)) continue
    if (score > top) top = score
    if (gallerySubjects[i] === subject) continue
    let place = 0
    while ((mates[place] as number) > score) place++
    ranks[place] = (ranks[place] as number) + 1
  }
  let others = 0
  for (let place = 0; place < ranks.length; place++) {
    others += ranks[place] as number
    ranks[place] = mates[place] === Number.NEGATIVE_INFINITY ? 0 : others + place + 1
  }
  return { top, ranks }
}

function precision(ranks: readonly number[]): number {
  let sum = 0
  for (let hit = 0; hit < ranks.length; hit++) {
    const rank = ranks[hit] as number
    if (rank > 0) sum += ((rank === 1 ? 1 : hit / (rank - 1)) + (hit + 1) / rank) / 2
  }
  return ranks.length === 0 ? 0 : sum / ranks.length
}
