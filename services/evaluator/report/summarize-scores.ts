import { type AsyncBuffer, type ParquetScan, parquetScan } from 'hyparquet'
import { DomainError } from '../../../libs/config/domain-error.js'
import { fnirAtFpir } from '../../../libs/metrics/fnir-at-fpir.js'
import { fnmrAtFmr } from '../../../libs/metrics/fnmr-at-fmr.js'
import { openSetScores } from '../../../libs/metrics/open-set-scores.js'
import { UNKNOWN_SUBJECT } from '../../../libs/metrics/scores.js'
import { createSearchTable } from '../../../libs/metrics/search-outcomes.js'
import { splitScores, verificationScores } from '../../../libs/metrics/verification-scores.js'
import { createScoreCounts, type ScoreCounts } from './score-counts.js'

/** False match rates, or false positive identification rates, that curves have a point at: 20 a decade. */
export const RATES = Float64Array.from({ length: 121 }, (_, i) => 10 ** (i / 20 - 6))

/** What plots need of the scores of one file. */
export interface ScoreSummary {
  /** Metadata of the file, see ScoreFileNotes. */
  readonly notes: Readonly<Record<string, string>>
  /** FNMR, or FNIR, at each of RATES; NaN where there are too few non-mated trials to speak of such a rate. */
  readonly misses: Float64Array
  readonly counts: ScoreCounts
}

/**
 * Reads a score file that score-file.ts wrote, one group of rows at a time.
 * @param name for the error
 * @throws DomainError SCORES_FILE_INVALID
 */
export async function summarizeScores(file: AsyncBuffer, name: string): Promise<ScoreSummary> {
  try {
    const scan = await parquetScan({ file })
    const pairs = scan.metadata.key_value_metadata ?? []
    const notes = Object.fromEntries(pairs.map(({ key, value }) => [key, value ?? '']))
    return { notes, ...(await (notes.kind === 'identification' ? ofSearches(scan) : ofPairs(scan))) }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new DomainError(
      'SCORES_FILE_INVALID',
      `${name} cannot be read as a score file (${said}): evaluate again, or remove it to draw the report without its curves.`,
      { file: name },
    )
  }
}

async function ofPairs({ metadata, ranges, readColumn }: ParquetScan) {
  const scores = new Float32Array(Number(metadata.num_rows))
  const mated = new Uint8Array(scores.length)
  const counts = createScoreCounts()
  for (const range of ranges) {
    const [score, isMated] = await Promise.all([
      readColumn({ column: 'score', ...range }),
      readColumn({ column: 'mated', ...range }),
    ])
    for (let i = 0; i < score.length; i++) {
      const place = range.rowStart + i
      scores[place] = score[i] as number
      mated[place] = isMated[i] as number
      counts.add(scores[place] as number, mated[place] === 1)
    }
  }
  const parts = splitScores(scores, mated)
  const sorted = verificationScores(parts.mated, parts.nonMated)
  return {
    misses: RATES.map((rate) => (rate * parts.nonMated.length < 1 ? Number.NaN : fnmrAtFmr(sorted, rate).fnmr)),
    counts: counts.counts(),
  }
}

/** Searches stand one behind another, each with the whole gallery in the same order. */
async function ofSearches({ metadata, ranges, readColumn }: ParquetScan) {
  const rows = Number(metadata.num_rows)
  const counts = createScoreCounts()
  const subjects = new Map<string, number>()
  const numberOf = (subject: string) => {
    if (subject === '') return UNKNOWN_SUBJECT
    const number = subjects.get(subject) ?? subjects.size
    subjects.set(subject, number)
    return number
  }
  let search = { probe: undefined as string | undefined, subject: UNKNOWN_SUBJECT }
  let scores: number[] = []
  let gallery: number[] = []
  let table: ReturnType<typeof createSearchTable> | undefined
  const endSearch = () => {
    if (search.probe === undefined) return
    // The first search tells the size of the gallery, and so the number of searches.
    table ??= createSearchTable(Math.ceil(rows / scores.length))
    table.add({
      scores: Float32Array.from(scores),
      gallerySubjects: Uint32Array.from(gallery),
      subject: search.subject,
    })
    scores = []
    gallery = []
  }
  for (const range of ranges) {
    const column = (name: string) => readColumn({ column: name, ...range })
    const [probe, subject, mate, score] = await Promise.all([
      column('probe'),
      column('probe_subject'),
      column('gallery_subject'),
      column('score'),
    ])
    for (let i = 0; i < score.length; i++) {
      if (probe[i] !== search.probe) {
        endSearch()
        search = { probe: probe[i] as string, subject: numberOf(subject[i] as string) }
      }
      const mateSubject = numberOf(mate[i] as string)
      scores.push(score[i] as number)
      gallery.push(mateSubject)
      counts.add(score[i] as number, mateSubject === search.subject && mateSubject !== UNKNOWN_SUBJECT)
    }
  }
  endSearch()
  const sorted = openSetScores((table ?? createSearchTable(0)).outcomes())
  return {
    misses: RATES.map((rate) => (rate * sorted.nonMated.length < 1 ? Number.NaN : fnirAtFpir(sorted, rate).fnir)),
    counts: counts.counts(),
  }
}
