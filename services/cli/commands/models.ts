import type { Command } from 'commander'
import type { Model } from '../../../gen/crossres/v1/embedder.js'
import { PRESET_NAMES, PRESETS } from '../../../libs/models/presets.js'
import type { Run } from '../context.js'
import { calibrationName } from '../enum-names.js'
import { table } from '../output.js'
import { allPages } from '../pages.js'
import { modelName } from '../resource-names.js'
import { addModelCreate } from './models-create.js'
import { addModelImport } from './models-import.js'

/** Adds `crossres models`. */
export function addModels(program: Command, run: Run): void {
  const models = program
    .command('models')
    .description('list, show, import and create models')
    .addHelpText('after', HELP)

  models
    .command('list', { isDefault: true })
    .description('list all models')
    .action(
      run(async ({ withClients, output, signal }) => {
        const all = await withClients(({ embedder }) =>
          allPages(async (page) => {
            const { models: items, nextPageToken } = await embedder.listModels(page, { signal })
            return { items, nextPageToken }
          }),
        )
        output.result({ models: all.map(modelDocument) }, () => listText(all))
      }),
    )

  models
    .command('show')
    .description('show one model')
    .argument('<name>', 'a model, or one of its versions')
    .action(
      run(async ({ withClients, output, signal }, name: string) => {
        const { model } = await withClients(({ embedder }) => embedder.getModel({ name: modelName(name) }, { signal }))
        if (!model) throw new Error('The embedder answered no model.')
        output.result(modelDocument(model), () => modelText(model))
      }),
    )

  addModelImport(models, run)
  addModelCreate(models, run)
}

function modelDocument(model: Model) {
  const { input, crop } = model
  return {
    name: model.name,
    model: model.modelId,
    version: model.version,
    production: model.production,
    default: model.isDefault,
    dimension: model.dimension,
    input: input && {
      width: input.width,
      height: input.height,
      colourOrder: input.colourOrder,
      mean: input.mean,
      scale: input.scale,
      layout: input.layout,
    },
    crop:
      crop?.kind?.$case === 'margin'
        ? { kind: 'margin', margin: crop.kind.value.margin, resize: crop.kind.value.resize }
        : { kind: 'alignment', template: crop?.kind?.value.template.map(({ x, y }) => [x, y]) ?? [] },
    calibration: calibrationName(model.calibration),
    licence: model.licence,
    origin: model.origin,
    parentVersion: model.parentVersion || null,
    sizeBytes: model.sizeBytes,
  }
}

function listText(models: readonly Model[]): string {
  return table(
    ['Model', 'Version', 'Input', 'Numbers', 'Size', ''],
    models.map((model) => [
      model.modelId,
      model.version,
      `${model.input?.width} x ${model.input?.height}`,
      model.dimension,
      `${(Number(model.sizeBytes) / 1e6).toFixed(1)} MB`,
      model.isDefault ? 'default' : '',
    ]),
  )
}

function modelText(model: Model): string {
  const { input, crop } = model
  const frame =
    crop?.kind?.$case === 'margin'
      ? `box with margin ${crop.kind.value.margin}, shortest side ${crop.kind.value.resize} px`
      : 'aligned by five landmarks'
  const use = [model.production ? 'production' : '', model.isDefault ? 'default' : ''].filter(Boolean).join(', ')
  const facts: [string, string][] = [
    ['Name', model.name],
    ['In use as', use || 'nothing'],
    ['Embedding', `${model.dimension} numbers`],
    ['Input', input ? `${input.width} x ${input.height} ${input.colourOrder}, ${input.layout}` : ''],
    ['Mean', input?.mean.map((value) => value.toFixed(3)).join(', ') ?? ''],
    ['Scale', input?.scale.map((value) => value.toPrecision(4)).join(', ') ?? ''],
    ['Crop', frame],
    ['Calibration', calibrationName(model.calibration).toLowerCase()],
    ['Size', `${(Number(model.sizeBytes) / 1e6).toFixed(1)} MB`],
    ['Licence', model.licence],
    ['Origin', model.origin],
  ]
  return facts.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n')
}

const HELP = `
Presets of \`models import\`:
${PRESET_NAMES.map((name) => `  ${name.padEnd(22)} ${PRESETS[name].about}`).join('\n')}

Examples:
  crossres models
  crossres models show base
  crossres models import w600k_r50.onnx --name w600k --preset insightface
  crossres models create se-resnet-50                   the paper's network, with random weights`
