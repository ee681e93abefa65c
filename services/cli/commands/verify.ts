import { type Command, Option } from 'commander'
import type { VerifyResponse } from '../../../gen/crossres/v1/gallery_index.js'
import type { Run } from '../context.js'
import { decisionName, thresholdDocument } from '../enum-names.js'
import { decisionTarget, FACES, integer, number, rate } from '../option-values.js'
import { score } from '../output.js'
import { readPicture } from '../picture-file.js'
import { modelName } from '../resource-names.js'

interface VerifyOptions {
  readonly faces: 'largest' | 'whole'
  readonly model?: string
  readonly trueResolution?: number
  readonly threshold?: number
  readonly fmr?: number
}

/** Adds `crossres verify`. */
export function addVerify(program: Command, run: Run): void {
  program
    .command('verify')
    .description('compare two faces (1:1)')
    .argument('<reference>', 'a picture of the person as known')
    .argument('<probe>', 'a picture of the person to be verified')
    .addOption(
      new Option('--faces <which>', 'which face of each picture').choices(['largest', 'whole']).default('largest'),
    )
    .option('--model <name>', 'a model, or one of its versions')
    .option('--true-resolution <pixels>', 'what the probe really has where it was enlarged', integer(1))
    .option('--threshold <cosine>', 'decide by this cosine', number(-1, 1))
    .option('--fmr <rate>', 'decide so that this share of different people match', rate)
    .addHelpText('after', HELP)
    .action(
      run(async ({ withClients, output, signal }, reference: string, probe: string, options: VerifyOptions) => {
        const target = decisionTarget(options)
        const [referenceInput, probeInput] = await Promise.all(
          [reference, probe].map(async (file) => ({
            input: { $case: 'image' as const, value: await readPicture(file) },
            faces: FACES[options.faces],
          })),
        )
        const answer = await withClients(({ galleryIndex }) =>
          galleryIndex.verify(
            {
              reference: [referenceInput ?? {}],
              probe: [{ ...probeInput, trueResolution: options.trueResolution ?? 0 }],
              model: modelName(options.model),
              ...(target ? { target } : {}),
            },
            { signal },
          ),
        )
        output.result(
          {
            score: answer.score,
            decision: decisionName(answer.decision),
            threshold: thresholdDocument(answer.threshold),
            fmr: answer.fmr ?? null,
            resolution: answer.resolution,
            modelVersion: answer.modelVersion,
          },
          () => text(answer),
        )
      }),
    )
}

function text({ score: value, decision, threshold, fmr, resolution }: VerifyResponse): string {
  const limit = threshold?.score === undefined ? '' : `, threshold ${score(threshold.score)}`
  const rate = fmr === undefined ? '' : `, FMR ${fmr.toPrecision(2)}`
  const why = threshold?.explanation ? `\n${threshold.explanation}` : ''
  return `${decisionName(decision)}  score ${score(value)}${limit}${rate}, ${resolution} px${why}`
}

const HELP = `
The exit code is 0 whatever the decision.

Examples:
  crossres verify passport.jpg camera.jpg --threshold 0.9
  crossres verify passport.jpg chip.png --faces whole --json`
