import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { PROTOCOL_SOURCES } from '../../../libs/protocols/open-protocol.js'
import { DEFAULT_REPLICATES, type EvaluationSpec } from '../../evaluator/evaluation/evaluation-spec.js'
import type { DegradedSide } from '../../evaluator/measure/conditions.js'
import { UsageError } from '../failure.js'
import { integer } from '../option-values.js'

/** What `crossres evaluate` is told. */
export interface EvaluateOptions {
  readonly protocol: string
  readonly data: string
  readonly model?: string
  readonly compare?: readonly string[]
  readonly resolutions?: readonly number[]
  readonly cross: DegradedSide
  readonly faces: EvaluationSpec['faces']
  readonly routing: boolean
  readonly enhance?: string
  readonly enhanceRange: '1' | '255'
  readonly enhanceBelow?: number
  /** A file. */
  readonly subjects?: string
  readonly heldOut?: number
  readonly seed: number
  readonly replicates: number
  readonly out?: string
  readonly thumbnails?: boolean
  readonly gate?: string
}

const SIDES: readonly DegradedSide[] = ['probe', 'gallery', 'both', 'matrix']
const DEFAULT_RESOLUTIONS = [8, 16, 24, 32, 64, 0] as const

/** @returns the command with its options and help */
export function withEvaluateOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--protocol <name>', 'whose comparisons to make')
        .choices(PROTOCOL_SOURCES.map(({ name }) => name))
        .makeOptionMandatory(),
    )
    .requiredOption('--data <folder>', 'your copy of the protocol’s data: a folder, or object:prefix in the store')
    .option('--model <name>', 'a model, or one of its versions (default: the default model)')
    .option('--compare <name>', 'another model on the same comparisons; once for each', collect)
    .option('--resolutions <list>', 'shortest sides in pixels, and "full" (default: 8,16,24,32,64,full)', resolutions)
    .addOption(new Option('--cross <side>', 'which side of a comparison is degraded').choices(SIDES).default('probe'))
    .addOption(
      new Option('--faces <which>', 'where the data do not say: find the largest face, or take pictures whole')
        .choices(['largest', 'whole'])
        .default('largest'),
    )
    .option('--no-routing', 'the model’s own network alone, whatever networks its card routes to')
    .option('--enhance <network>', 'super-resolution of degraded probes: an ONNX file, object:KEY, or esrgan-slim')
    .addOption(
      new Option('--enhance-range <largest>', 'pixel values of the ONNX file: 0..1 or 0..255')
        .choices(['1', '255'])
        .default('1'),
    )
    .option('--enhance-below <pixels>', 'instead: enhance all probes of a lower resolution', integer(1, 10_000))
    .option('--subjects <file>', 'of `folder`: a file with the names of the subject folders to use')
    .option('--held-out <share>', 'of `folder`: the subjects that a training with this seed has held out', share)
    .option('--seed <number>', 'of splits and intervals', integer(0, Number.MAX_SAFE_INTEGER), 0)
    .option('--replicates <number>', 'of bootstraps, at most', integer(100, 100_000), DEFAULT_REPLICATES)
    .option('--out <folder>', 'keep report.html, tables (CSV, LaTeX), report.json and the score files there')
    .option('--thumbnails', 'show the faces of the hardest comparisons in report.html')
    .option('--gate <file>', 'promised figures: exit code 1 where one is not kept')
    .addHelpText('after', HELP)
}

/**
 * @param models resolved names
 * @returns what to measure. @throws UsageError where options do not go together
 */
export async function specOf(options: EvaluateOptions, models: readonly string[]): Promise<EvaluationSpec> {
  const { protocol, data, cross, faces, routing, seed, replicates } = options
  const enhance = enhanceOf(options)
  return {
    protocol,
    folder: resolve(data),
    models,
    resolutions: options.resolutions ?? DEFAULT_RESOLUTIONS,
    side: cross,
    faces,
    routing,
    seed,
    replicates,
    ...(enhance ? { enhance } : {}),
    ...(await subjectsOf(options)),
  }
}

function enhanceOf({ enhance: model, enhanceRange, enhanceBelow: below }: EvaluateOptions): EvaluationSpec['enhance'] {
  if (model !== undefined) return { model, range: enhanceRange === '1' ? 1 : 255, ...(below ? { below } : {}) }
  if (below !== undefined) throw new UsageError('--enhance-below says which probes --enhance works on: add --enhance.')
  return undefined
}

async function subjectsOf({
  protocol,
  subjects: file,
  heldOut,
}: EvaluateOptions): Promise<Pick<EvaluationSpec, 'subjects' | 'heldOut'>> {
  if (file === undefined && heldOut === undefined) return {}
  if (protocol !== 'folder')
    throw new UsageError(`The subjects of ${protocol} are given: --subjects and --held-out are for --protocol folder.`)
  if (file === undefined) return heldOut === undefined ? {} : { heldOut }
  if (heldOut !== undefined) throw new UsageError('--subjects and --held-out both say whom to use: leave one out.')
  const names = (await readFile(file, 'utf8')).split(/\r?\n/).map((line) => line.trim())
  return { subjects: names.filter((name) => name !== '') }
}

function share(text: string): number {
  const value = Number(text)
  if (value > 0 && value < 1) return value
  throw new InvalidArgumentError(`"${text}" is no share: write a number in (0, 1), such as 0.1.`)
}

function resolutions(text: string): number[] {
  const parse = integer(1, 10_000)
  return text.split(',').map((part) => {
    const name = part.trim()
    if (name === 'full') return 0
    try {
      return parse(name)
    } catch {
      throw new InvalidArgumentError(`"${name}" is no resolution: write pixels or "full", with commas between.`)
    }
  })
}

const collect = (value: string, before: readonly string[] = []) => [...before, value]

const HELP = `
A data set lies in a folder as its owner distributes it; of \`folder\` it is one folder for each subject, whose first half of pictures is
the gallery and the rest are the probes. Known landmarks (landmarks.csv) are used; elsewhere the default detector finds faces. What
could not be embedded counts as a miss. Figures come with 95 % intervals.

Features are kept in the cache folder: an interrupted evaluation goes on where it was, and another one on the same pictures is quick.
--data behind the command is the data set; the data folder of models goes before it, or into CROSSRES_DATA.

--held-out is for a folder that a model was trained on: with the training's seed and its setting validation_share (0.1 unless it was set) it
takes the very subjects that the training held out. A training with a landmarks file elsewhere may have left subjects out, and so differ.

--enhance runs a super-resolution network on the small picture of a probe before it is brought to the model’s size. esrgan-slim (4 times;
-x2, -x3, -x8) is fetched once with npm, from the package @upscalerjs/esrgan-slim (MIT, 4.4 MB). An ONNX file takes and gives RGB pictures
of any size.

--thumbnails puts faces of the data set into report.html, with names: those that the model confuses or misses first. Whoever gets the page
sees them: make sure that the people and the licence of the data set allow it. \`crossres report\` draws the page again without them.

A gate file: {"promises": [{"metric": "tar_at_far", "parameter": 0.001, "probe": "16", "at_least": 0.5}]}
with metric accuracy, tar_at_far, eer, auc, rank, map, fnir_at_fpir, tpir20_at_fpir or tpir20_auc (the last two of QMUL-SurvFace), and
at_least or at_most.

Examples:
  crossres evaluate --protocol lfw --data lfw/
  crossres evaluate --protocol folder --data faces/ --model base --compare mine --resolutions 8,16,full --out report/
  crossres evaluate --protocol lfw --data lfw/ --model base --enhance esrgan-slim --resolutions 8,16,24,32
  crossres evaluate --protocol folder --data faces/ --model mine-crossres --compare mine --held-out 0.1 --seed 0
  crossres evaluate --protocol lfw --data lfw/ --cross matrix --gate promises.json --json`
