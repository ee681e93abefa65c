import type { Command } from 'commander'
import { type CardDifference, compareCards } from '../../../libs/models/compare-cards.js'
import type { NetworkComparison } from '../../../libs/models/compare-networks.js'
import { versionName } from '../../../libs/models/model-name.js'
import { createModelRegistry, type ModelRegistry } from '../../../libs/models/model-registry.js'
import { openObjectStore } from '../../../libs/objects/open-object-store.js'
import { commandEnvironment } from '../command-environment.js'
import type { Run } from '../context.js'
import { UsageError } from '../failure.js'
import { count, table } from '../output.js'
import { modelName } from '../resource-names.js'
import { compareEmbeddings, type EmbeddingComparison, embeddingText } from './models-diff-faces.js'

/** Two versions and what is different between them. */
interface ModelsDiff {
  readonly a: string
  readonly b: string
  readonly sizeBytes: { readonly a: number; readonly b: number }
  readonly card: readonly CardDifference[]
  readonly network: NetworkComparison
  readonly embeddings: readonly EmbeddingComparison[]
}

const SHOWN_WEIGHTS = 10

/** Adds `crossres models diff`, which reads the data folder, or the bucket, itself; a server may be using it. */
export function addModelDiff(models: Command, run: Run): void {
  models
    .command('diff')
    .description('compare two models, or two versions of one: cards, graphs, weights, embeddings')
    .argument('<a>', 'a model, or one of its versions')
    .argument('<b>', 'the one to compare it with')
    .option('--faces <folder>', 'also compare what they say of the face crops in this folder, at full, 24 and 8 px')
    .addHelpText('after', HELP)
    .action(
      run(async (context, a: string, b: string, { faces }: { faces?: string }) => {
        const { options, output } = context
        if (options.address !== undefined) {
          throw new UsageError(
            '`models diff` reads weights, which no server hands out: give --data instead of --address.',
          )
        }
        const objects = await openObjectStore(commandEnvironment(context).objects, `models-diff-${process.pid}`)
        const diff = await compareModels(createModelRegistry({ objects }), modelName(a), modelName(b))
        const embeddings = faces === undefined ? [] : await compareEmbeddings(context, faces, diff.a, diff.b)
        output.result(document({ ...diff, embeddings }), () => text({ ...diff, embeddings }))
      }),
    )
}

async function compareModels(registry: ModelRegistry, a: string, b: string): Promise<Omit<ModelsDiff, 'embeddings'>> {
  const [one, other] = [await registry.get(a), await registry.get(b)]
  // Loaded when needed: all that reads ONNX would slow every other command down.
  const [{ compareNetworks }, { readOnnx }] = await Promise.all([
    import('../../../libs/models/compare-networks.js'),
    import('../../../libs/onnx/read-onnx.js'),
  ])
  const network = compareNetworks(
    readOnnx(await registry.readNetwork(one.name, one.version)),
    readOnnx(await registry.readNetwork(other.name, other.version)),
  )
  return {
    a: versionName(one.name, one.version),
    b: versionName(other.name, other.version),
    sizeBytes: { a: one.sizeBytes, b: other.sizeBytes },
    card: compareCards(one.card, other.card),
    network,
  }
}

function document({ card, ...diff }: ModelsDiff) {
  // JSON has no undefined, and a field that is not there is something to tell.
  return { ...diff, card: card.map(({ field, a, b }) => ({ field, a: a ?? null, b: b ?? null })) }
}

function text({ a, b, sizeBytes, card, network, embeddings }: ModelsDiff): string {
  const { sameGraph, parameters, weights, change, onlyInA, onlyInB } = network
  const moved = weights.filter((weight) => weight.change > 0)
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  const sections = [
    table(
      ['', 'A', 'B'],
      [
        ['Version', a, b],
        ['Size', megabytes(sizeBytes.a), megabytes(sizeBytes.b)],
        ['Weights', parameters.a.toLocaleString('en'), parameters.b.toLocaleString('en')],
      ],
    ),
    card.length === 0
      ? 'Cards: the same.'
      : table(
          ['Card', 'A', 'B'],
          card.map((field) => [field.field, shown(field.a), shown(field.b)]),
        ),
    sameGraph ? 'Graph: the same.' : `Graph: another (${only(onlyInA, 'A')}, ${only(onlyInB, 'B')}).`,
    moved.length === 0
      ? `Weights: ${weights.length === 0 ? 'none in common' : 'the same'}.`
      : [
          `Weights: ${moved.length} of ${count(weights.length, 'tensor')} moved, ${percent(change)} in all.`,
          table(
            ['Most moved', 'Values', 'Change'],
            moved.slice(0, SHOWN_WEIGHTS).map((weight) => [weight.name, weight.values, percent(weight.change)]),
          ),
        ].join('\n'),
    ...(embeddings.length > 0 ? [embeddingText(embeddings)] : []),
  ]
  return sections.join('\n\n')
}

function only(names: readonly string[], model: string): string {
  return `${count(names.length, 'weight')} only in ${model}`
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toPrecision(3)} %` : 'from zero'
}

/** Templates and calibration curves are long. */
function shown(value: unknown): string {
  const json = value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value)
  return json.length > 60 ? `${json.slice(0, 57)}...` : json
}

const HELP = `
Reads the data folder (--data), whether a server is using it or not. The change of a weight is the length of the difference
divided by the length of A's, both over all its values; the total is over all weights.

Examples:
  crossres models diff base mine
  crossres models diff mine/versions/0123456789ab mine/versions/ba9876543210 --json
  crossres models diff base mine --faces crops/`
