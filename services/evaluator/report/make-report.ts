import type { OpenScoreFile } from '../score/read-score-file.js'
import { type Report, readReport } from './read-report.js'
import { type Making, reportPageOf, type ScoredReport } from './report-page.js'
import { reportScores } from './report-scores.js'
import type { ReportSource } from './report-sources.js'
import { reportsOfScores } from './score-report.js'
import { type SummaryOptions, summarizeScores } from './summarize-scores.js'
import { csvTables, latexTables } from './table-files.js'
import type { Thumbnails } from './thumbnails.js'

/** The files of a report. */
export interface ReportFiles {
  /** One self-contained page. */
  readonly html: string
  readonly csv: string
  /** LaTeX. */
  readonly tex: string
}

/** Opens the pictures of a report; absent: the page shows none. */
export type OpenThumbnails = (report: Report) => Promise<Thumbnails>

/**
 * Draws evaluations from their figures and scores.
 * @param sources at least one; each report.json has its part of the page, all bare score files together have theirs
 * @param openThumbnails for the faces of the hardest comparisons
 * @throws DomainError REPORT_INVALID, SCORES_FILE_INVALID; those of openThumbnails
 */
export async function makeReport(
  sources: readonly ReportSource[],
  making: Making,
  openThumbnails?: OpenThumbnails,
): Promise<ReportFiles> {
  const options: SummaryOptions = { hardest: openThumbnails !== undefined }
  const scored: ScoredReport[] = []
  const bare: OpenScoreFile[] = []
  for (const source of sources) {
    if (source.document) scored.push(await storedReport(source, source.document, options))
    else for await (const file of source.scores()) bare.push(file)
  }
  scored.push(...(await reportsOfScores(bare, options)))
  const reports = scored.map(({ report }) => report)
  const html = await reportPageOf(scored, making, openThumbnails)
  return { html, csv: csvTables(reports), tex: latexTables(reports) }
}

async function storedReport(
  source: ReportSource,
  { text, name }: NonNullable<ReportSource['document']>,
  options: SummaryOptions,
): Promise<ScoredReport> {
  const report = readReport(text, name)
  const summaries = []
  for await (const file of source.scores()) summaries.push((await summarizeScores(file, options)).summary)
  return { report, scores: reportScores(report, summaries) }
}
