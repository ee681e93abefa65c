import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Command } from 'commander'
import { pino } from 'pino'
import type { StoreDescription } from '../../../libs/objects/open-object-store.js'
import { commandEnvironment } from '../command-environment.js'
import type { Run } from '../context.js'
import { UsageError } from '../failure.js'
import { lastSegment } from '../resource-names.js'

/** Adds `crossres train report`, which reads the data folder, or the bucket, itself; a server may be using it. */
export function addTrainReport(train: Command, run: Run): void {
  train
    .command('report')
    .description('make the page of a training: validation, losses, rate, curriculum, speed, settings')
    .argument('<id>', 'a training, as `train list` prints it')
    .option('--out <file>', 'where the page goes (default: in the cache folder)')
    .addHelpText('after', HELP)
    .action(
      run(async ({ options, output, terminal }, given: string, { out }: { out?: string }) => {
        if (options.address !== undefined) {
          throw new UsageError(
            '`train report` reads metrics, which no server hands out: give --data instead of --address.',
          )
        }
        const id = lastSegment(given)
        const page = await makePage(commandEnvironment({ options, terminal }).objects, id)
        const file = resolve(out ?? join(options.cacheFolder, 'trainings', `${id}.html`))
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, page)
        const url = pathToFileURL(file).href
        output.result({ training: `trainings/${id}`, page: url }, () => `Page: ${url}`)
      }),
    )
}

/** Loaded when needed: other commands have no use for it. */
async function makePage(where: StoreDescription, id: string): Promise<string> {
  const [{ openObjectStore }, { checkTrainingId, toTraining }, { createTrainingStore }, { makeTrainingPage }] =
    await Promise.all([
      import('../../../libs/objects/open-object-store.js'),
      import('../../trainer/runs/messages.js'),
      import('../../trainer/runs/training-store.js'),
      import('../../trainer/report/write-training-page.js'),
    ])
  const objects = await openObjectStore(where, 'train-report')
  const store = createTrainingStore({ objects, logger: pino({ level: 'silent' }) })
  return makeTrainingPage({ objects }, toTraining(await store.get(checkTrainingId(id))))
}

const HELP = `
Reads the data folder (--data), or the bucket of CROSSRES_OBJECTS, whether a server is using it or not; of a training at work it shows all up to the last checkpoint.
A training leaves the same page beside its checkpoints when it ends.

Examples:
  crossres train report night-1
  crossres train report night-1 --out night-1.html`
