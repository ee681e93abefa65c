import { Argument, type Command, Option } from 'commander'
import type { Run } from '../context.js'
import { localOnly } from '../local-only.js'
import { integer } from '../option-values.js'
import { preparationOf } from '../preparation.js'
import { registerNetwork } from '../register-network.js'

interface CreateOptions {
  readonly name?: string
  readonly seed: number
  readonly promote?: boolean
}

/** Networks that crossres builds itself, and the preset of each. */
const NETWORKS = {
  'se-resnet-50': {
    build: async (seed: bigint) => (await import('../../../libs/onnx/networks/se-resnet-50.js')).seResNet50(seed),
    preset: 'vggface2-se-resnet-50',
  },
} as const

/** Adds `crossres models create`, which works on the data folder, or the bucket, itself and needs no server. */
export function addModelCreate(models: Command, run: Run): void {
  models
    .command('create')
    .description('register a network with random weights, to be trained from scratch')
    .addArgument(new Argument('<network>', 'see below').choices(Object.keys(NETWORKS)))
    .option('--name <name>', 'lower-case letters, digits and - _ . (default: that of the network)')
    .addOption(
      new Option('--seed <number>', 'of the weights: the same seed gives the same model')
        .argParser(integer(0))
        .default(0),
    )
    .option('--promote', 'use it for the name even where another version of it is in use')
    .addHelpText('after', HELP)
    .action(
      run(async (context, network: keyof typeof NETWORKS, { name = network, seed, promote = false }: CreateOptions) => {
        localOnly(context, 'models create')
        const { build, preset } = NETWORKS[network]
        // Loaded when needed: all that reads and writes ONNX would slow every other command down.
        const { writeOnnx } = await import('../../../libs/onnx/write-onnx.js')
        const model = {
          name,
          onnx: writeOnnx(await build(BigInt(seed))),
          preparation: preparationOf(preset, []),
          licence: 'Apache-2.0',
          origin: `crossres: ${network} with random weights of seed ${seed}`,
        }
        await registerNetwork(context, model, promote)
      }),
    )
}

const HELP = `
Networks:
  se-resnet-50   the paper's: 224 x 224, 2,048 numbers, squeeze and excitation, batch normalisation kept

It recognises nobody before it is trained.

Examples:
  crossres models create se-resnet-50
  crossres models create se-resnet-50 --name paper --seed 7`
