import type { Command } from 'commander'
import { JobState } from '../../../gen/crossres/v1/common.js'
import type { Dataset } from '../../../gen/crossres/v1/downsampler.js'
import type { Run } from '../context.js'
import { jobStateName } from '../enum-names.js'
import { count, table } from '../output.js'
import { allPages } from '../pages.js'
import { lastSegment } from '../resource-names.js'
import { addDatasetPrepare } from './datasets-prepare.js'

/** Adds `crossres datasets`. */
export function addDatasets(program: Command, run: Run): void {
  const datasets = program
    .command('datasets')
    .description('prepare and list datasets to train on')
    .addHelpText('after', HELP)

  datasets
    .command('list', { isDefault: true })
    .description('list all prepared datasets')
    .action(
      run(async ({ withClients, output, signal }) => {
        const all = await withClients(({ downsampler }) =>
          allPages(async (page) => {
            const { datasets: items, nextPageToken } = await downsampler.listDatasets(page, { signal })
            return { items, nextPageToken }
          }),
        )
        output.result({ datasets: all.map(datasetDocument) }, () => text(all))
      }),
    )

  addDatasetPrepare(datasets, run)
}

/** @returns a dataset as --json prints it */
export function datasetDocument(dataset: Dataset) {
  return {
    name: dataset.name,
    state: jobStateName(dataset.state),
    imagesTotal: dataset.imagesTotal,
    imagesSeen: dataset.imagesSeen,
    imagesSkipped: dataset.imagesSkipped,
    subjects: dataset.subjects,
    shards: dataset.shards,
    fingerprint: dataset.fingerprint || null,
    skipped: dataset.skipped.map(({ path, error }) => ({ path, reason: error?.reason, message: error?.message })),
    createTime: dataset.createTime?.toISOString() ?? null,
    endTime: dataset.endTime?.toISOString() ?? null,
    error: dataset.error ? { reason: dataset.error.reason, message: dataset.error.message } : null,
  }
}

function text(datasets: readonly Dataset[]): string {
  if (datasets.length === 0) {
    return 'There are no datasets yet: `crossres datasets prepare FOLDER --name NAME` makes one.'
  }
  const rows = table(
    ['Dataset', 'Faces', 'Subjects', 'Left out', 'Shards', 'State'],
    datasets.map((dataset) => [
      lastSegment(dataset.name),
      String(dataset.imagesSeen - dataset.imagesSkipped),
      String(dataset.subjects),
      String(dataset.imagesSkipped),
      String(dataset.shards),
      jobStateName(dataset.state).toLowerCase(),
    ]),
  )
  const unfinished = datasets.filter(({ state }) => state !== JobState.SUCCEEDED).length
  if (unfinished === 0) return rows
  return `${rows}\n${count(unfinished, 'dataset is', 'datasets are')} not whole: the same \`crossres datasets prepare\` goes on where it ended.`
}

const HELP = `
Examples:
  crossres datasets
  crossres datasets prepare faces/ --name faces`
