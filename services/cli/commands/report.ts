import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Command } from 'commander'
import { softwareVersion } from '../../../libs/config/software-version.js'
import type { Run } from '../context.js'

/** Where the files of a report lie. */
export interface WrittenReport {
  readonly page: string
  readonly csv: string
  readonly latex: string
}

/** Adds `crossres report`, which needs no model and no server. */
export function addReport(program: Command, run: Run): void {
  program
    .command('report')
    .description('draw the report of evaluations again: tables, curves, histograms')
    .argument('<evaluations...>', 'report.json files that `evaluate --out` wrote, or their folders; one page for all')
    .option('--out <folder>', 'where report.html, tables.csv and tables.tex go (default: the first one’s folder)')
    .addHelpText('after', HELP)
    .action(
      run(async ({ output }, paths: string[], { out }: { out?: string }) => {
        const written = await writeReport(paths, out)
        output.result(written, () => `Page: ${written.page}\nTables: ${written.csv}, ${written.latex}`)
      }),
    )
}

/**
 * Writes report.html, tables.csv and tables.tex.
 * @param paths of report.json files, or of their folders
 * @param out a folder; default: that of the first report.json
 */
export async function writeReport(paths: readonly string[], out?: string): Promise<WrittenReport> {
  // Loaded when needed: other commands have no use for it.
  const [{ makeReport }, { folderSource }] = await Promise.all([
    import('../../evaluator/report/make-report.js'),
    import('../../evaluator/report/report-sources.js'),
  ])
  const sources = []
  for (const path of paths) sources.push(await folderSource(resolve(path)))
  const { html, csv, tex } = await makeReport(sources, { version: softwareVersion(), time: new Date() })
  const folder = resolve(out ?? dirname(sources[0]?.name ?? ''))
  await mkdir(folder, { recursive: true })
  const files = {
    page: join(folder, 'report.html'),
    csv: join(folder, 'tables.csv'),
    latex: join(folder, 'tables.tex'),
  }
  await writeFile(files.page, html)
  await writeFile(files.csv, csv)
  await writeFile(files.latex, tex)
  return { ...files, page: pathToFileURL(files.page).href }
}

const HELP = `
Reads report.json and the score files in scores/ beside it: no model, no data set. Without score files the tables and the CMC are drawn,
not the curves over thresholds. The page needs no network; the tables are CSV and LaTeX (booktabs).

Examples:
  crossres report report/
  crossres report lfw/report.json mine/ --out together/`
