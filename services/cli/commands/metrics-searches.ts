import { UNKNOWN_SUBJECT } from '../../../libs/metrics/scores.js'
import { createSearchTable, type SearchOutcomes } from '../../../libs/metrics/search-outcomes.js'
import { type Growable, growable } from './metrics-growable.js'
import { scoresEmpty, scoresInvalid } from './metrics-score-errors.js'
import { nameColumn, readScoreFile, SCORE, subjectColumn } from './metrics-score-file.js'

/** The rows of a file of searches, in its order. */
interface Rows {
  readonly probe: Growable<Uint32Array>
  readonly gallerySubject: Growable<Uint32Array>
  readonly score: Growable<Float64Array>
}

/** The searches of a file. */
export interface FileSearches {
  readonly outcomes: SearchOutcomes
  /** Length of the longest list of candidates. */
  readonly candidates: number
  /** How many comparisons have no score. */
  readonly failed: number
}

/**
 * Reads searches: columns probe, probe_subject, gallery_subject, score; rows in any order. A row takes 16 bytes of memory.
 * @throws DomainError SCORES_FILE_INVALID, SCORES_FILE_EMPTY
 */
export async function readSearches(file: string): Promise<FileSearches> {
  const rows: Rows = {
    probe: growable(Uint32Array),
    gallerySubject: growable(Uint32Array),
    score: growable(Float64Array),
  }
  const probes = numbering()
  const subjects = numbering()
  const subjectOfProbe: number[] = []
  const enrolled = new Set<number>()
  let failed = 0

  const columns = [
    nameColumn('probe'),
    subjectColumn('probe_subject'),
    subjectColumn('gallery_subject'),
    SCORE,
  ] as const
  await readScoreFile(file, columns, ([probe, probeSubject, gallerySubject, score], place) => {
    const index = probes(probe)
    const subject = probeSubject === '' ? UNKNOWN_SUBJECT : subjects(probeSubject)
    subjectOfProbe[index] ??= subject
    if (subjectOfProbe[index] !== subject) {
      throw scoresInvalid(place(), `probe ${probe} has another probe_subject than before; a probe shows one subject`)
    }
    const gallery = gallerySubject === '' ? UNKNOWN_SUBJECT : subjects(gallerySubject)
    if (gallery !== UNKNOWN_SUBJECT) enrolled.add(gallery)
    if (Number.isNaN(score)) failed++
    rows.probe.push(index)
    rows.gallerySubject.push(gallery)
    rows.score.push(score)
  })
  if (rows.probe.length === 0) throw scoresEmpty(file, 'no search')

  const { starts, scores, gallerySubjects } = byProbe(rows, subjectOfProbe.length)
  const table = createSearchTable(subjectOfProbe.length)
  let candidates = 0
  subjectOfProbe.forEach((subject, probe) => {
    const [start, end] = [starts[probe], starts[probe + 1]] as [number, number]
    candidates = Math.max(candidates, end - start)
    table.add({
      scores: scores.subarray(start, end),
      gallerySubjects: gallerySubjects.subarray(start, end),
      subject,
      mated: enrolled.has(subject),
    })
  })
  return { outcomes: table.outcomes(), candidates, failed }
}

/** Brings the rows of each probe together: a counting sort. */
function byProbe({ probe, gallerySubject, score }: Rows, probes: number) {
  const [probeOf, subjectOf, scoreOf] = [probe.values(), gallerySubject.values(), score.values()]
  const starts = new Uint32Array(probes + 1)
  for (const index of probeOf) starts[index + 1] = (starts[index + 1] as number) + 1
  for (let index = 0; index < probes; index++) {
    starts[index + 1] = (starts[index + 1] as number) + (starts[index] as number)
  }
  const next = starts.slice()
  const scores = new Float64Array(probeOf.length)
  const gallerySubjects = new Uint32Array(probeOf.length)
  probeOf.forEach((index, row) => {
    const place = next[index] as number
    next[index] = place + 1
    scores[place] = scoreOf[row] as number
    gallerySubjects[place] = subjectOf[row] as number
  })
  return { starts, scores, gallerySubjects }
}

/** Numbers names from 0 in the order they come. */
function numbering(): (name: string) => number {
  const numbers = new Map<string, number>()
  return (name) => {
    const known = numbers.get(name)
    if (known !== undefined) return known
    numbers.set(name, numbers.size)
    return numbers.size - 1
  }
}
