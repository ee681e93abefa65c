import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Command } from 'commander'
import { readEnvironment } from '../../../libs/config/environment.js'
import { softwareVersion } from '../../../libs/config/software-version.js'
import type { OpenThumbnails } from '../../evaluator/report/make-report.js'
import type { CommandContext, Run } from '../context.js'

/** Where the files of a report lie. */
export interface WrittenReport {
  readonly page: string
  readonly csv: string
  readonly latex: string
}

/** What a report shows, and where it goes. */
export interface ReportWish {
  /** A folder; default: that of the first report.json, or else the present one. */
  readonly out?: string
  /** Whether faces of the data set are shown. */
  readonly thumbnails?: boolean
}

/** Adds `crossres report`, which needs no model and no server. */
export function addReport(program: Command, run: Run): void {
  program
    .command('report')
    .description('draw the report of evaluations again: tables, curves, histograms')
    .argument(
      '<scores...>',
      'report.json files or their folders, score files (Parquet) or folders of them; one page for all',
    )
    .option(
      '--out <folder>',
      'where report.html, tables.csv and tables.tex go (default: beside the first report.json, else here)',
    )
    .option('--thumbnails', 'show the faces of the hardest comparisons, from the data set where it was evaluated')
    .addHelpText('after', HELP)
    .action(
      run(async (context, paths: string[], wish: ReportWish) => {
        const written = await writeReport(context, paths, wish)
        context.output.result(written, () => `Page: ${written.page}\nTables: ${written.csv}, ${written.latex}`)
      }),
    )
}

/**
 * Writes report.html, tables.csv and tables.tex.
 * @param paths see pathSource
 */
export async function writeReport(
  context: Pick<CommandContext, 'options' | 'terminal' | 'signal'>,
  paths: readonly string[],
  { out, thumbnails = false }: ReportWish,
): Promise<WrittenReport> {
  // Loaded when needed: other commands have no use for it.
  const [{ makeReport }, { pathSource }] = await Promise.all([
    import('../../evaluator/report/make-report.js'),
    import('../../evaluator/report/report-sources.js'),
  ])
  const sources = []
  for (const path of paths) sources.push(await pathSource(resolve(path)))
  const making = { version: softwareVersion(), time: new Date() }
  const faces = thumbnails ? await openFaces(context) : undefined
  const { html, csv, tex } = await makeReport(sources, making, faces?.open).finally(faces?.close)
  const folder = resolve(out ?? sources.find((source) => source.folder)?.folder ?? '.')
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

async function openFaces({ options, terminal, signal }: Pick<CommandContext, 'options' | 'terminal' | 'signal'>) {
  const [{ createFaceLocator }, { openThumbnails }] = await Promise.all([
    import('../../evaluator/faces/face-locator.js'),
    import('../../evaluator/report/thumbnails.js'),
  ])
  const { settings } = readEnvironment(terminal.env)
  const locator = createFaceLocator({ ...settings, cacheFolder: options.cacheFolder })
  const open: OpenThumbnails = ({ spec }) => openThumbnails(locator, { ...spec, signal })
  return { open, close: locator.close }
}

const HELP = `
Reads report.json and the score files in scores/ beside it: no model, no data set. Without score files the tables and the CMC are drawn,
not the curves over thresholds. Of score files alone everything is measured again, with the figures and intervals of the evaluation: those
of one evaluation become one report, and so do those of models that were evaluated one by one on the same comparisons. The page needs no
network; the tables are CSV and LaTeX (booktabs).

A page shows no face unless --thumbnails is given: then it shows, with their names, the people whom a model confuses or misses first.
Whoever gets the page sees them: make sure that they, and the licence of the data set, allow it. Draw the page again without it to have
one that can be passed on.

Examples:
  crossres report report/
  crossres report lfw/report.json mine/ --out together/
  crossres report report/scores/base-*/lfw/*.parquet --out base/
  crossres report report/ --thumbnails --out for-us-only/`
