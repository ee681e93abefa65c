import { type Command, Option } from 'commander'
import { ChipFormat, type Dataset } from '../../../gen/crossres/v1/downsampler.js'
import type { CommandContext, Run } from '../context.js'
import { FACES, integer } from '../option-values.js'
import { count } from '../output.js'
import { lastSegment, modelName } from '../resource-names.js'
import { serverUri } from '../server-uri.js'
import { datasetDocument } from './datasets.js'

interface PrepareOptions {
  readonly name: string
  readonly model?: string
  readonly landmarks?: string
  readonly faces: 'largest' | 'whole'
  readonly format: keyof typeof FORMATS
  readonly shardSize?: number
}

const FORMATS = { png: ChipFormat.PNG, jpeg: ChipFormat.JPEG } as const

/** Pictures left out that are named one by one. */
const NAMED = 10

/** Adds `crossres datasets prepare`. */
export function addDatasetPrepare(datasets: Command, run: Run): void {
  datasets
    .command('prepare')
    .description(
      'frame the faces of a dataset once, so that training reads small chips; goes on where it was interrupted',
    )
    .argument('<source>', 'a folder of subject folders, of faces, or of tar shards; or an object: prefix of the server')
    .requiredOption('--name <name>', 'lower-case letters, digits and hyphens')
    .option('--model <name>', 'frame for this model, or one of its versions')
    .option('--landmarks <csv>', 'known boxes and landmarks (default: landmarks.csv in the source, where there is one)')
    .addOption(
      new Option('--faces <which>', 'where landmarks are not known: find the largest face, or take face crops whole')
        .choices(['largest', 'whole'])
        .default('largest'),
    )
    .addOption(
      new Option('--format <format>', 'of the chips: without loss, or smaller')
        .choices(Object.keys(FORMATS))
        .default('png'),
    )
    .option('--shard-size <n>', 'faces of a shard', integer(1, 10_000))
    .addHelpText('after', HELP)
    .action(
      run(async (context, source: string, options: PrepareOptions) => {
        const dataset = await prepare(context, source, options)
        context.output.result(datasetDocument(dataset), () => text(dataset))
        for (const { path, error } of dataset.skipped.slice(0, NAMED)) {
          context.output.note(`left out: ${path}: ${error?.message} (${error?.reason})`)
        }
        const more = Number(dataset.imagesSkipped) - Math.min(NAMED, dataset.skipped.length)
        if (more > 0) context.output.note(`left out: ${count(more, 'more picture')}`)
      }),
    )
}

function prepare({ withClients, startProgress, signal }: CommandContext, source: string, options: PrepareOptions) {
  return withClients(async ({ downsampler }): Promise<Dataset> => {
    const request = {
      datasetId: options.name,
      sourceUri: serverUri(source),
      model: modelName(options.model),
      landmarksUri: options.landmarks === undefined ? '' : serverUri(options.landmarks),
      faces: FACES[options.faces],
      format: FORMATS[options.format],
      shardSize: options.shardSize ?? 0,
    }
    let last: Dataset | undefined
    let progress: ReturnType<typeof startProgress> | undefined
    try {
      for await (const { dataset } of downsampler.prepareDataset(request, { signal })) {
        if (!dataset) continue
        progress ??= startProgress('Preparing', Number(dataset.imagesTotal))
        for (let seen = last?.imagesSeen ?? 0n; seen < dataset.imagesSeen; seen++) progress.advance()
        last = dataset
      }
    } finally {
      progress?.stop()
    }
    if (!last) throw new Error('The downsampler answered no dataset.')
    return last
  })
}

function text(dataset: Dataset): string {
  const { imagesSeen, imagesSkipped, subjects, shards } = dataset
  const parts = [
    count(imagesSeen - imagesSkipped, 'face'),
    ...(subjects > 0n ? [`of ${count(subjects, 'subject')}`] : []),
    `in ${count(shards, 'shard')}`,
  ]
  const left = imagesSkipped > 0n ? `, ${imagesSkipped} left out` : ''
  return `${lastSegment(dataset.name)}: ${parts.join(' ')}${left}.`
}

const HELP = `
Pictures that cannot be read, or show no face, are left out and named on stderr.
Train on the result as datasets/NAME.

Examples:
  crossres datasets prepare faces/ --name faces                 faces/Ada/1.jpg, faces/Ada/2.jpg, faces/Bob/1.jpg ...
  crossres datasets prepare faces/ --name faces --model mine --landmarks landmarks.csv
  crossres datasets prepare chips/ --name chips --faces whole   pictures that are framed already`
