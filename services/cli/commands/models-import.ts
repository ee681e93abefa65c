import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Command, Option } from 'commander'
import { readEnvironment } from '../../../libs/config/environment.js'
import { acquireFolder } from '../../../libs/config/exclusive-folder.js'
import { createOnnxRuntimeEngine } from '../../../libs/engine/onnxruntime.js'
import { importModel } from '../../../libs/models/import-model.js'
import { versionName } from '../../../libs/models/model-name.js'
import { createModelRegistry } from '../../../libs/models/model-registry.js'
import { PRESET_NAMES, type PresetName } from '../../../libs/models/presets.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { Run } from '../context.js'
import { preparationOf } from '../preparation.js'

interface ImportOptions {
  readonly name?: string
  readonly preset: PresetName
  readonly set: readonly string[]
  readonly licence: string
  readonly origin?: string
  readonly promote?: true
}

/** Adds `crossres models import`, which works on the data folder itself and needs no server. */
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
      run(async ({ options: { dataFolder }, output, terminal }, file: string, options: ImportOptions) => {
        const preparation = preparationOf(options.preset, options.set)
        const modelId = options.name ?? nameAfter(file)
        const onnx = new Uint8Array(await readFile(file))
        const { threads } = readEnvironment(terminal.env).settings
        const hold = await acquireFolder(dataFolder)
        try {
          const objects = await createFolderObjectStore({ folder: join(dataFolder, 'objects') })
          const registry = createModelRegistry({ objects })
          const createEngine = (model: Uint8Array) => createOnnxRuntimeEngine({ model, threads })
          const { version, card } = await importModel(
            { registry, createEngine },
            {
              name: modelId,
              onnx,
              preparation,
              licence: options.licence,
              origin: options.origin ?? basename(file),
            },
          )
          if (options.promote) await registry.promote(modelId, version)
          const { production } = await registry.get(versionName(modelId, version))
          const name = versionName(modelId, version)
          output.result({ name, production, card }, () => {
            const batch = card.batch === 'one' ? ', one face a run' : ''
            const use = production ? '' : `\nAnother version of ${modelId} is in use: --promote changes that.`
            return `${name}: ${card.dimension} numbers, ${card.input.width} x ${card.input.height}${batch}${use}`
          })
        } finally {
          await hold.release()
        }
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
