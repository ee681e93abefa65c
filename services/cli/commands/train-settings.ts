import { type Command, Option } from 'commander'
import { listSettings } from '../../trainer/report/setting-list.js'
import { METHODS, type Method } from '../../trainer/scheme/methods.js'
import { PRESETS, type Preset } from '../../trainer/scheme/presets.js'
import type { Run } from '../context.js'
import { table } from '../output.js'

/** Adds `crossres train settings`, which needs no server. */
export function addTrainSettings(train: Command, run: Run): void {
  train
    .command('settings')
    .description('list every setting of a method, as --set takes it, with its default')
    .addOption(new Option('--method <method>', 'how to train').choices(METHODS).default('crossres'))
    .addOption(new Option('--preset <name>', 'named settings').choices(PRESETS).default('default'))
    .addHelpText('after', HELP)
    .action(
      run(async ({ output }, { method, preset }: { method: Method; preset: Preset }) => {
        const settings = listSettings(method, preset)
        output.result({ method, preset, settings }, () =>
          table(
            ['Setting', 'Default', 'What it is'],
            settings.map(({ name, value, about }) => [name, value, about]),
          ),
        )
      }),
    )
}

const HELP = `
Examples:
  crossres train settings
  crossres train settings --method t-c --preset paper`
