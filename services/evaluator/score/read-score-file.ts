import { type AsyncBuffer, type ParquetScan, parquetScan } from 'hyparquet'
import { DomainError } from '../../../libs/config/domain-error.js'
import { UNKNOWN_SUBJECT } from '../../../libs/metrics/scores.js'
import { createSearchTable, type Search, type SearchOutcomes } from '../../../libs/metrics/search-outcomes.js'
import type { ScoredComparisons } from '../measure/measure-verification.js'
import type { SubjectNumbers } from '../measure/subjects.js'
import type { ScoreFileNotes } from './score-file.js'

/** A template of a comparison. */
export interface ComparedTemplate {
  readonly template: string
  /** null: nobody knows it. */
  readonly subject: string | null
}

/** A score file whose rows are read when they are wanted; it is what score-file.ts writes. */
export interface OpenScoreFile {
  readonly name: string
  /** What it says of itself. */
  readonly notes: ScoreFileNotes
  readonly rows: number
  /** @returns both templates of a row. @throws DomainError SCORES_FILE_INVALID */
  compared(row: number): Promise<{ readonly reference: ComparedTemplate; readonly probe: ComparedTemplate }>
  /** One group of rows at a time, of some columns. @throws DomainError SCORES_FILE_INVALID */
  groups(
    columns: readonly string[],
  ): AsyncIterable<{ readonly from: number; readonly cells: readonly ArrayLike<unknown>[] }>
}

/** Hears each search, and the row that its scores begin at. */
export type OnSearchRead = (search: Search, row: number) => void

/** The searches of a file. */
export interface ReadSearches {
  readonly outcomes: SearchOutcomes
  readonly probes: readonly ComparedTemplate[]
  /** Templates of the gallery. */
  readonly size: number
}

/**
 * @param name for errors
 * @throws DomainError SCORES_FILE_INVALID
 */
export async function openScoreFile(file: AsyncBuffer, name: string): Promise<OpenScoreFile> {
  const { metadata, ranges, readColumn } = await parquetScan({ file }).catch((error: unknown) => {
    throw unreadable(name, error)
  })
  const notes = Object.fromEntries((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']))
  const read: ParquetScan['readColumn'] = async (place) => {
    try {
      return await readColumn(place)
    } catch (error) {
      throw unreadable(name, error)
    }
  }
  return {
    name,
    notes,
    rows: Number(metadata.num_rows),
    async *groups(columns) {
      for (const range of ranges) {
        const cells = await Promise.all(columns.map((column) => read({ column, ...range })))
        yield { from: range.rowStart, cells }
      }
    },
    async compared(row) {
      const cell = async (column: string) => {
        const [value] = await read({ column, rowStart: row, rowEnd: row + 1 })
        return String(value)
      }
      const template = async (column: string): Promise<ComparedTemplate> => {
        return { template: await cell(column), subject: (await cell(`${column}_subject`)) || null }
      }
      const reference = await template(notes.kind === 'identification' ? 'gallery' : 'reference')
      return { reference, probe: await template('probe') }
    },
  }
}

/** @returns the scores of a verification, row by row. @throws DomainError SCORES_FILE_INVALID */
export async function readPairs(file: OpenScoreFile): Promise<Pick<ScoredComparisons, 'scores' | 'mated'>> {
  const scores = new Float32Array(file.rows)
  const mated = new Uint8Array(file.rows)
  for await (const { from, cells } of file.groups(['score', 'mated'])) {
    const [score, isMated] = cells as [ArrayLike<number>, ArrayLike<number>]
    scores.set(score, from)
    mated.set(isMated, from)
  }
  return { scores, mated }
}

/** @returns all else that is measured of a verification, row by row. @throws DomainError SCORES_FILE_INVALID */
export async function readPairSubjects(
  file: OpenScoreFile,
  subjects: SubjectNumbers,
): Promise<Omit<ScoredComparisons, 'scores' | 'mated'>> {
  const first = new Uint32Array(file.rows)
  const second = new Uint32Array(file.rows)
  const fold = new Uint8Array(file.rows)
  const columns = ['reference', 'reference_subject', 'probe', 'probe_subject', 'fold']
  let folds = 1
  for await (const { from, cells } of file.groups(columns)) {
    const [reference, referenceSubject, probe, probeSubject] = cells as [string[], string[], string[], string[]]
    for (let i = 0; i < reference.length; i++) {
      first[from + i] = subjects.of(reference[i] as string, referenceSubject[i] || null)
      second[from + i] = subjects.of(probe[i] as string, probeSubject[i] || null)
      fold[from + i] = cells[4]?.[i] as number
      folds = Math.max(folds, (fold[from + i] as number) + 1)
    }
  }
  // Templates of one subject need not be told apart.
  const subjectOf = Uint32Array.from({ length: subjects.count }, (_, subject) => subject)
  return { first, second, subjectOf, subjects: subjects.count, fold, folds }
}

/**
 * Reads the searches of one gallery: they stand one behind another, each with the whole gallery in the same order.
 * @throws DomainError SCORES_FILE_INVALID
 */
export async function readSearches(file: OpenScoreFile, onSearch: OnSearchRead = () => {}): Promise<ReadSearches> {
  const named = new Map<string, number>()
  const numberOf = (subject: string) => {
    if (subject === '') return UNKNOWN_SUBJECT
    const number = named.get(subject) ?? named.size
    named.set(subject, number)
    return number
  }
  const probes: ComparedTemplate[] = []
  let at: { readonly probe: string; readonly subject: number; readonly row: number } | undefined
  let scores: number[] = []
  let gallery: number[] = []
  let size = 0
  let table: ReturnType<typeof createSearchTable> | undefined
  const endSearch = () => {
    if (at === undefined) return
    // The first search tells the size of the gallery, and so the number of searches.
    if (size === 0) size = scores.length
    table ??= createSearchTable(Math.ceil(file.rows / size))
    const search = {
      scores: Float32Array.from(scores),
      gallerySubjects: Uint32Array.from(gallery),
      subject: at.subject,
    }
    table.add(search)
    onSearch(search, at.row)
    scores = []
    gallery = []
  }
  for await (const { from, cells } of file.groups(['probe', 'probe_subject', 'gallery_subject', 'score'])) {
    const [probe, subject, mate, score] = cells as [string[], string[], string[], ArrayLike<number>]
    for (let i = 0; i < score.length; i++) {
      if (probe[i] !== at?.probe) {
        endSearch()
        at = { probe: probe[i] as string, subject: numberOf(subject[i] as string), row: from + i }
        probes.push({ template: at.probe, subject: subject[i] || null })
      }
      scores.push(score[i] as number)
      gallery.push(numberOf(mate[i] as string))
    }
  }
  endSearch()
  return { outcomes: (table ?? createSearchTable(0)).outcomes(), probes, size }
}

function unreadable(name: string, error: unknown): DomainError {
  const said = error instanceof Error ? error.message : String(error)
  return new DomainError(
    'SCORES_FILE_INVALID',
    `${name} cannot be read as a score file of an evaluation (${said}): evaluate again, or remove it to draw the report without it.`,
    { file: name },
  )
}
