import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Command } from 'commander'
import type { Model } from '../../../gen/crossres/v1/embedder.js'
import { BASE_MODEL } from '../../../libs/models/base-model.js'
import { connect } from '../connection.js'
import type { CommandContext, Run } from '../context.js'
import type { Material } from '../demo/material.js'
import { openFile } from '../demo/open-file.js'
import { demoPage, type PageContent } from '../demo/page.js'
import { FULL, RESOLUTIONS, resolutionLabel } from '../demo/resolutions.js'
import type { DemoDeps } from '../demo/run-demo.js'
import { samplePhotographs } from '../demo/sample-photographs.js'
import { subjectFolders } from '../demo/subject-folders.js'
import { integer } from '../option-values.js'
import { score, table } from '../output.js'
import { modelName } from '../resource-names.js'

interface DemoOptions {
  readonly dataSet?: string
  readonly limit: number
  readonly pictures: number
  readonly model?: string
  readonly out?: string
  readonly open: boolean
}

/** Adds `crossres demo`. */
export function addDemo(program: Command, run: Run): void {
  program
    .command('demo')
    .description('enrol faces, search for them at 64 to 8 px, and show a page with the results')
    .option('--data-set <folder>', 'a folder of subject folders instead of the six photographs')
    .option('--limit <subjects>', 'of a data set: subjects at most', integer(2, 1_000), 50)
    .option('--pictures <number>', 'of a data set: pictures of each subject at most', integer(2, 1_000), 10)
    .option('--model <name>', 'a model, or one of its versions (default: the base and the default model, side by side)')
    .option('--out <folder>', 'where the page goes (default: in the cache folder)')
    .option('--no-open', 'do not open the page in a browser')
    .addHelpText('after', HELP)
    .action(
      run(async (context, chosen: DemoOptions) => {
        const { options, output, terminal } = context
        // Loaded when needed: reading pictures would slow every other command down.
        const { runDemo } = await import('../demo/run-demo.js')
        const content = await withDemoClients(context, chosen, (deps) =>
          runDemo(deps, modelsOf(chosen), (model) => collect(deps, model, chosen)),
        )
        const folder = resolve(chosen.out ?? join(options.cacheFolder, 'demo'))
        await mkdir(folder, { recursive: true })
        const file = join(folder, 'index.html')
        await writeFile(file, demoPage(content))
        const page = pathToFileURL(file).href
        output.result(document(content, page), () => text(content, page))
        if (chosen.open && !options.json && terminal.stdout.isTTY) openFile(page)
      }),
    )
}

/** The untouched network beside the default, so that the difference can be seen; or the one that was asked for. */
function modelsOf({ model }: DemoOptions): string[] {
  return model === undefined ? [modelName(BASE_MODEL), modelName(undefined)] : [modelName(model)]
}

/** The demo leaves nothing behind: it has a data folder of its own, unless it is to use a server or a model that is there. */
async function withDemoClients<T>(
  context: CommandContext,
  { model }: DemoOptions,
  work: (deps: DemoDeps) => Promise<T>,
): Promise<T> {
  const { options, terminal, startProgress, signal } = context
  const use = (clients: DemoDeps['clients']) => work({ clients, startProgress, signal })
  if (options.address !== undefined || model !== undefined) return context.withClients(use)
  const dataFolder = await mkdtemp(join(tmpdir(), 'crossres-demo-'))
  try {
    return await connect({ ...options, dataFolder }, terminal, use)
  } finally {
    await rm(dataFolder, { recursive: true, force: true })
  }
}

async function collect(deps: DemoDeps, model: Model, { dataSet, limit, pictures }: DemoOptions): Promise<Material> {
  const { clients, startProgress, signal } = deps
  if (dataSet !== undefined) {
    return subjectFolders(clients, model, dataSet, { subjects: limit, pictures }, startProgress, signal)
  }
  return samplePhotographs(clients, model, startProgress, signal)
}

function document({ models, subjects, faces, remarks }: PageContent, page: string) {
  return {
    page,
    gallery: { subjects, faces },
    models: models.map(({ version, figures }) => ({
      model: version,
      table: figures.map(({ resolution, probes, right, meanMated, meanBestNonMated }) => ({
        resolution: resolution === FULL ? 'full' : resolution,
        probes,
        rank1: right / probes,
        rank1Count: right,
        meanMatedScore: meanMated,
        meanBestNonMatedScore: Number.isFinite(meanBestNonMated) ? meanBestNonMated : null,
      })),
    })),
    remarks,
  }
}

function text({ source, subjects, faces, models, remarks }: PageContent, page: string): string {
  const rows = models.flatMap(({ model, figures }) =>
    figures.map(({ resolution, probes, right, meanMated, meanBestNonMated }) => ({
      resolution,
      cells: [
        resolutionLabel(resolution),
        model,
        `${((100 * right) / probes).toFixed(0)} % (${right}/${probes})`,
        score(meanMated),
        Number.isFinite(meanBestNonMated) ? score(meanBestNonMated) : '',
      ],
    })),
  )
  // One below the other at each resolution: that is where they differ.
  const sorted = RESOLUTIONS.flatMap((resolution) => rows.filter((row) => row.resolution === resolution))
  return [
    `${source}: ${subjects} subjects with ${faces} faces enrolled.`,
    '',
    table(
      ['Resolution', 'Model', 'Right at rank 1', 'Mean score, right subject', 'Mean score, best other'],
      sorted.map(({ cells }) => cells),
    ),
    '',
    ...remarks.map((remark) => `- ${remark}`),
    '- Everybody searched for is in the gallery, and no threshold decides: no error rate follows from this.',
    '',
    `Page: ${page}`,
  ].join('\n')
}

const HELP = `
Examples:
  crossres demo
  crossres demo --data-set photos/ --limit 20 --out results/`
