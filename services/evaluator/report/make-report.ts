import type { AsyncBuffer } from 'hyparquet'
import { readReport } from './read-report.js'
import { type Making, reportPageOf, type ScoredReport } from './report-page.js'
import { reportScores } from './report-scores.js'
import { summarizeScores } from './summarize-scores.js'
import { csvTables, latexTables } from './table-files.js'

/** Where an evaluation is read from: no model takes part. */
export interface ReportSource {
  /** For errors. */
  readonly name: string
  /** What report.json holds. */
  readonly document: string
  /** The score files, read one after another. */
  scores(): AsyncIterable<{ readonly name: string; readonly file: AsyncBuffer }>
}

/** The files of a report. */
export interface ReportFiles {
  /** One self-contained page. */
  readonly html: string
  readonly csv: string
  /** LaTeX. */
  readonly tex: string
}

/**
 * Draws evaluations from their figures and scores.
 * @param sources at least one; each has its part of the page
 * @throws DomainError REPORT_INVALID, SCORES_FILE_INVALID
 */
export async function makeReport(sources: readonly ReportSource[], making: Making): Promise<ReportFiles> {
  const scored: ScoredReport[] = []
  for (const source of sources) {
    const report = readReport(source.document, source.name)
    const summaries = []
    for await (const { name, file } of source.scores()) summaries.push(await summarizeScores(file, name))
    scored.push({ report, scores: reportScores(report, summaries) })
  }
  const reports = scored.map(({ report }) => report)
  return { html: await reportPageOf(scored, making), csv: csvTables(reports), tex: latexTables(reports) }
}
