import { type Command, Option } from 'commander'
import { type TrainingConfig, TrainingMethod } from '../../../gen/crossres/v1/trainer.js'
import { METHODS, type Method } from '../../trainer/scheme/methods.js'
import { PRESETS, type Preset } from '../../trainer/scheme/presets.js'
import { parseAssignments } from '../../trainer/scheme/text-settings.js'
import { serverAddress } from '../connection.js'
import type { CommandContext, Run } from '../context.js'
import { UsageError } from '../failure.js'
import { integer } from '../option-values.js'
import { lastSegment, modelName } from '../resource-names.js'
import { serverUri } from '../server-uri.js'
import { reportEnd } from './train-end.js'
import { followTraining } from './train-follow.js'
import { trainingDocument } from './train-text.js'

interface StartOptions {
  readonly data?: string
  readonly base?: string
  readonly teacher?: string
  readonly landmarks?: string
  readonly method: Method
  readonly preset: Preset
  readonly set?: readonly string[]
  readonly seed?: number
  readonly name?: string
  readonly id?: string
  readonly detach?: true
}

const collect = (assignment: string, before: readonly string[] = []) => [...before, assignment]

/** Adds `crossres train start`, which is what `crossres train` does. @returns the command */
export function addTrainStart(train: Command, run: Run): Command {
  return train
    .command('start', { isDefault: true })
    .description('begin a training and watch it')
    .option('--data <path>', 'faces to train on: a folder, tar shards, datasets/NAME or object:PREFIX')
    .option('--base <model>', 'where the student starts: a model, or one of its versions (default: the server’s)')
    .addOption(new Option('--method <method>', 'how to train').choices(METHODS).default('crossres'))
    .option('--teacher <model>', 'the teacher (default: the base, frozen)')
    .option('--landmarks <csv>', 'known boxes and landmarks (default: landmarks.csv beside the faces, or detection)')
    .addOption(new Option('--preset <name>', 'named settings').choices(PRESETS).default('default'))
    .option('--set <name=value>', 'change a setting; once for each, see `train settings`', collect)
    .option('--seed <number>', 'of every random choice', integer(0, Number.MAX_SAFE_INTEGER))
    .option('--name <model>', 'what the result is called (default: the base’s name and the method)')
    .option('--id <id>', 'what the training is called (default: the time)')
    .option('--detach', 'leave it to the running server')
    .action(
      run(async (context, options: StartOptions) => {
        const config = configOf(options)
        const ownProcess = (await serverAddress(context.options)) === undefined
        if (options.detach && ownProcess) {
          throw new UsageError('--detach needs a server that goes on with the training: start one with `crossres up`.')
        }
        return start(context, config, options, ownProcess)
      }),
    )
}

function configOf(options: StartOptions): TrainingConfig {
  const { data, method, landmarks } = options
  if (data === undefined) throw new UsageError('Say what to train on: --data FOLDER, or --data datasets/NAME.')
  return {
    method: TrainingMethod[method.toUpperCase().replaceAll('-', '_') as keyof typeof TrainingMethod],
    baseModel: modelName(options.base),
    teacherModel: modelName(options.teacher),
    // A prepared dataset goes by its name; a folder called so is ./datasets/NAME.
    dataUri: /^datasets\/[^/]+\/?$/.test(data) ? data : serverUri(data),
    landmarksUri: landmarks === undefined ? '' : serverUri(landmarks),
    preset: options.preset,
    settings: parseAssignments(options.set ?? []),
    seed: BigInt(options.seed ?? 0),
    resultModel: modelName(options.name),
  }
}

async function start(context: CommandContext, config: TrainingConfig, options: StartOptions, ownProcess: boolean) {
  const { withClients, output, signal } = context
  const ended = await withClients(async (clients) => {
    const request = { config, trainingId: options.id ?? '' }
    const { training } = await clients.trainer.startTraining(request, { signal })
    if (!training) throw new Error('The trainer answered no training.')
    if (options.detach) {
      const id = lastSegment(training.name)
      output.result(
        trainingDocument(training),
        () => `${training.name} is queued. Watch it: crossres train watch ${id}; stop it: crossres train cancel ${id}`,
      )
      return undefined
    }
    output.note(
      `${training.name}: ${options.method} on ${training.config?.dataUri}, from ${training.config?.baseModel}`,
    )
    return followTraining(context, clients, training.name, ownProcess)
  })
  return ended ? reportEnd(context, ended) : 0
}
