import { type Command, Option } from 'commander'
import { resolveDefault } from '../../../libs/models/model-name.js'
import { calibrationDocument } from '../../evaluator/calibration/calibration-document.js'
import { ALL_BANDS, type CalibrationSpec, DEFAULT_CHECK_SHARE } from '../../evaluator/calibration/calibration-spec.js'
import { DEFAULT_REPLICATES } from '../../evaluator/evaluation/evaluation-spec.js'
import { commandEnvironment } from '../command-environment.js'
import type { CommandContext, Run } from '../context.js'
import { localOnly } from '../local-only.js'
import { openData } from '../open-data.js'
import { integer, rate } from '../option-values.js'
import { modelName } from '../resource-names.js'
import { calibrationText } from './calibrate-text.js'
import { showEvaluation } from './evaluate-progress.js'

interface CalibrateOptions {
  readonly data: string
  readonly model?: string
  readonly faces: CalibrationSpec['faces']
  readonly checkShare: number
  readonly seed: number
}

/** Adds `crossres calibrate`, which works on the data folder, or the bucket, itself; a server may be using it. */
export function addCalibrate(program: Command, run: Run): void {
  program
    .command('calibrate')
    .description('learn what a score means at each resolution, and write it into the model’s card')
    .requiredOption('--data <folder>', 'faces, one folder for each subject')
    .option('--model <name>', 'a model, or one of its versions (default: the default model)')
    .addOption(
      new Option('--faces <which>', 'where the data do not say: find the largest face, or take pictures whole')
        .choices(['largest', 'whole'])
        .default('largest'),
    )
    .option('--check-share <share>', 'of the subjects that thresholds are checked on only', rate, DEFAULT_CHECK_SHARE)
    .option('--seed <number>', 'of the division of subjects', integer(0, Number.MAX_SAFE_INTEGER), 0)
    .addHelpText('after', HELP)
    .action(
      run(async (context, options: CalibrateOptions) => {
        localOnly(context, 'calibrate')
        return work(context, options)
      }),
    )
}

async function work(context: CommandContext, options: CalibrateOptions): Promise<void> {
  const { cacheFolder } = context.options
  const environment = commandEnvironment(context)
  const { settings } = environment
  const model = resolveDefault(modelName(options.model), settings.defaultModel)
  const wanted = { command: 'calibrate', models: [model], data: options.data }
  const { objects, folder } = await openData(environment, cacheFolder, wanted)

  // Loaded when needed: thread pools and engines would slow every other command down.
  const { calibrate } = await import('../../evaluator/calibration/calibration-runner.js')
  const display = showEvaluation(context.startProgress)
  const { faces, checkShare, seed } = options
  const spec = { model, folder, faces, bands: ALL_BANDS, checkShare, seed, replicates: DEFAULT_REPLICATES }
  const result = await calibrate({ ...settings, objects, cacheFolder }, spec, {
    signal: context.signal,
    report: (progress) => display.show({ ...progress, model: '' }),
  }).finally(display.stop)
  context.output.result(calibrationDocument(result), () => calibrationText(result))
}

const HELP = `
Every face is compared as it is with faces brought down to each band of resolution. Thresholds are fitted on some of the subjects and
checked on the others; the model's version stays the same, and servers follow within seconds. Take some hundred subjects or more who are
like those the model is to be used on, and are in no test set.

--data behind the command are the faces; the data folder of models goes before it, or into CROSSRES_DATA.

Examples:
  crossres calibrate --data faces/
  crossres calibrate --model mine --data faces/ --seed 7 --json`
