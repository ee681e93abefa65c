import { fnirAtFpir } from '../../../libs/metrics/fnir-at-fpir.js'
import { fnmrAtFmr } from '../../../libs/metrics/fnmr-at-fmr.js'
import { openSetScores } from '../../../libs/metrics/open-set-scores.js'
import { UNKNOWN_SUBJECT } from '../../../libs/metrics/scores.js'
import type { Search, SearchOutcomes } from '../../../libs/metrics/search-outcomes.js'
import { comparedScores } from '../../../libs/metrics/verification-scores.js'
import type { ScoredComparisons } from '../measure/measure-verification.js'
import { type OpenScoreFile, type ReadSearches, readPairs, readSearches } from '../score/read-score-file.js'
import { createHardestRows, type HardComparison, type HardestComparisons, type ScoredRow } from './hardest.js'
import { createScoreCounts, type ScoreCounts } from './score-counts.js'

/** False match rates, or false positive identification rates, that curves have a point at: 20 a decade. */
export const RATES = Float64Array.from({ length: 121 }, (_, i) => 10 ** (i / 20 - 6))

/** What a page needs of the scores of one file. */
export interface ScoreSummary {
  /** Metadata of the file, see scoreNotes. */
  readonly notes: Readonly<Record<string, string>>
  /** FNMR, or FNIR, at each of RATES; NaN where there are too few non-mated trials to speak of such a rate. */
  readonly misses: Float64Array
  readonly counts: ScoreCounts
  /** Where it was asked for: names of templates take time to read. */
  readonly hardest?: HardestComparisons
}

/** A summary, and the scores that it was made of. */
export type SummarizedScores =
  | {
      readonly summary: ScoreSummary
      readonly kind: 'verification'
      readonly pairs: Awaited<ReturnType<typeof readPairs>>
    }
  | { readonly summary: ScoreSummary; readonly kind: 'identification'; readonly searches: ReadSearches }

/** What of scores is wanted besides curves and histograms. */
export interface SummaryOptions {
  /** The hardest comparisons; default: not. */
  readonly hardest?: boolean
}

/** Reads a score file, one group of rows at a time. @throws DomainError SCORES_FILE_INVALID */
export async function summarizeScores(file: OpenScoreFile, options: SummaryOptions = {}): Promise<SummarizedScores> {
  const counts = createScoreCounts()
  const hardest = createHardestRows()
  const summary = async (misses: Float64Array): Promise<ScoreSummary> => {
    const compared = (rows: readonly ScoredRow[]) =>
      Promise.all(
        rows.map(async ({ score, row }): Promise<HardComparison> => ({ score, ...(await file.compared(row)) })),
      )
    const { falseMatches, misses: missed } = hardest
    return {
      notes: file.notes,
      misses,
      counts: counts.counts(),
      ...(options.hardest
        ? { hardest: { falseMatches: await compared(falseMatches), misses: await compared(missed) } }
        : {}),
    }
  }
  if (file.notes.kind === 'identification') {
    const searches = await readSearches(file, (search, row) => {
      countSearch(search, counts)
      const { mate, other } = bestOf(search)
      if (mate >= 0) hardest.add(search.scores[mate] as number, true, row + mate)
      if (other >= 0) hardest.add(search.scores[other] as number, false, row + other)
    })
    return { summary: await summary(missedSearches(searches.outcomes)), kind: 'identification', searches }
  }
  const pairs = await readPairs(file)
  for (const [row, score] of pairs.scores.entries()) {
    counts.add(score, pairs.mated[row] === 1)
    hardest.add(score, pairs.mated[row] === 1, row)
  }
  return { summary: await summary(missedPairs(pairs)), kind: 'verification', pairs }
}

const isMate = ({ gallerySubjects, subject }: Search, place: number) =>
  subject !== UNKNOWN_SUBJECT && gallerySubjects[place] === subject

function countSearch(search: Search, counts: ReturnType<typeof createScoreCounts>): void {
  for (const [place, score] of search.scores.entries()) counts.add(score, isMate(search, place))
}

/** @returns places in the gallery: of the best mate, and of the best of the others; -1: none */
function bestOf(search: Search): { readonly mate: number; readonly other: number } {
  const best = { mate: -1, other: -1 }
  for (const [place, score] of search.scores.entries()) {
    const side = isMate(search, place) ? 'mate' : 'other'
    if (score > (search.scores[best[side]] ?? Number.NEGATIVE_INFINITY)) best[side] = place
  }
  return best
}

function missedPairs({ scores, mated }: Pick<ScoredComparisons, 'scores' | 'mated'>): Float64Array {
  const sorted = comparedScores(scores, mated)
  return RATES.map((rate) => (rate * sorted.nonMated.length < 1 ? Number.NaN : fnmrAtFmr(sorted, rate).fnmr))
}

function missedSearches(outcomes: SearchOutcomes): Float64Array {
  const sorted = openSetScores(outcomes)
  return RATES.map((rate) => (rate * sorted.nonMated.length < 1 ? Number.NaN : fnirAtFpir(sorted, rate).fnir))
}
