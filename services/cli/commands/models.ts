import type { Command } from 'commander'
import type { Model, ModelRoute } from '../../../gen/crossres/v1/embedder.js'
import { PRESET_NAMES, PRESETS } from '../../../libs/models/presets.js'
import type { CommandContext, Run } from '../context.js'
import { calibrationName } from '../enum-names.js'
import { table } from '../output.js'
import { allPages } from '../pages.js'
import { modelName } from '../resource-names.js'
import { addModelCreate } from './models-create.js'
import { addModelDiff } from './models-diff.js'
import { addModelImport } from './models-import.js'
import { addModelPromote } from './models-promote.js'

/** Adds `crossres models`. */
export function addModels(program: Command, run: Run): void {
  const models = program
    .command('models')
    .description('list, show, import, create, compare and promote models')
    .addHelpText('after', HELP)

  models
    .command('list', { isDefault: true })
    .description('list all models')
    .action(
      run(async (context) => {
        const all = await listAll(context, '')
        context.output.result({ models: all.map(modelDocument) }, () => listText(all))
      }),
    )

  models
    .command('versions')
    .description('list the versions of a model')
    .argument('<name>', 'a model')
    .action(
      run(async (context, name: string) => {
        const all = await listAll(context, modelName(name))
        context.output.result({ versions: all.map(modelDocument) }, () => versionsText(all))
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
  addModelDiff(models, run)
  addModelPromote(models, run)
}

/** @param parent `models/{model}` for its versions; empty for all models */
function listAll({ withClients, signal }: CommandContext, parent: string): Promise<Model[]> {
  return withClients(({ embedder }) =>
    allPages(async (page) => {
      const { models: items, nextPageToken } = await embedder.listModels({ ...page, parent }, { signal })
      return { items, nextPageToken }
    }),
  )
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
    routing: model.routing.map(({ from, below, version }) => ({ from, below: below || null, version })),
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
      megabytes(model),
      model.isDefault ? 'default' : '',
    ]),
  )
}

function versionsText(versions: readonly Model[]): string {
  return table(
    ['Version', 'Trained from', 'Numbers', 'Size', ''],
    versions.map((model) => [
      model.name,
      model.parentVersion,
      model.dimension,
      megabytes(model),
      model.production ? 'in use' : '',
    ]),
  )
}

function megabytes({ sizeBytes }: Model): string {
  return `${(Number(sizeBytes) / 1e6).toFixed(1)} MB`
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
    ['Size', megabytes(model)],
    ...model.routing.map((route): [string, string] => ['Route', routeText(route)]),
    ['Parent', model.parentVersion || 'none'],
    ['Licence', model.licence],
    ['Origin', model.origin],
  ]
  return facts.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n')
}

function routeText({ from, below, version }: ModelRoute): string {
  return `${below === 0 ? `faces from ${from} px` : `faces of ${from} to below ${below} px`}: ${version}`
}

const HELP = `
Presets of \`models import\`:
${PRESET_NAMES.map((name) => `  ${name.padEnd(22)} ${PRESETS[name].about}`).join('\n')}

Examples:
  crossres models
  crossres models show base
  crossres models versions mine
  crossres models promote mine/versions/0123456789ab    use this version for the name from now on
  crossres models diff base mine                        what training has changed
  crossres models import w600k_r50.onnx --name w600k --preset insightface
  crossres models create se-resnet-50                   the paper's network, with random weights`
