import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import { PRESET_NAMES, type PresetName } from '../../../libs/models/presets.js'
import type { Run } from '../context.js'
import { localOnly } from '../local-only.js'
import { preparationOf } from '../preparation.js'
import { registerNetwork } from '../register-network.js'

interface ImportOptions {
  readonly name?: string
  readonly preset: PresetName
  readonly set: readonly string[]
  readonly licence: string
  readonly origin?: string
  readonly promote?: true
}

/** Adds `crossres models import`, which works on the data folder, or the bucket, itself and needs no server. */
export function addModelImport(models: Command, run: Run): void {
  models
    .command('import')
    .description('check a network by running it, write its card and register it')
    .argument('<file>', 'an ONNX file: one picture in, one feature vector out')
    .option('--name <name>', 'lower-case letters, digits and - _ . (default: after the file)')
    .addOption(
      new Option('--preset <preset>', 'how it wants its faces').choices([...PRESET_NAMES]).makeOptionMandatory(),
    )
    .option('--set <key=value>', 'change the preset, e.g. input.mean=127.5,127.5,127.5 (may repeat)', collect, [])
    .option('--licence <text>', 'SPDX expression or a sentence', 'not stated')
    .option('--origin <text>', 'where it is from (default: the name of the file)')
    .option('--promote', 'use it for the name even where another version of it is in use')
    .addHelpText('after', HELP)
    .action(
      run(async (context, file: string, options: ImportOptions) => {
        localOnly(context, 'models import')
        const { name = nameAfter(file), licence, origin = basename(file), promote = false } = options
        const preparation = preparationOf(options.preset, options.set)
        const onnx = new Uint8Array(await readFile(file))
        await registerNetwork(context, { name, onnx, preparation, licence, origin }, promote)
      }),
    )
}

/** The file's name as the name of a model. */
function nameAfter(file: string): string {
  const id = basename(file, '.onnx')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
  return id.replace(/^[^a-z0-9]+/, '').slice(0, 63)
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}

const HELP = `
Examples:
  crossres models import w600k_r50.onnx --preset insightface
  crossres models import net.onnx --name mine --preset insightface --set input.colourOrder=BGR --set input.mean=127.5,127.5,127.5`
