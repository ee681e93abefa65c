import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { readEnvironment } from '../../../libs/config/environment.js'
import { resolveDefault } from '../../../libs/models/model-name.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import { PROTOCOL_SOURCES } from '../../../libs/protocols/open-protocol.js'
import { DEFAULT_REPLICATES, type EvaluationSpec } from '../../evaluator/evaluation/evaluation-spec.js'
import { brokenPromises, parseGate } from '../../evaluator/evaluation/gate.js'
import { resultDocument } from '../../evaluator/evaluation/result-document.js'
import type { DegradedSide } from '../../evaluator/measure/conditions.js'
import type { CommandContext, Run } from '../context.js'
import { ensureModels } from '../ensure-models.js'
import { EXIT_CODE, UsageError } from '../failure.js'
import { integer } from '../option-values.js'
import { modelName } from '../resource-names.js'
import { showEvaluation } from './evaluate-progress.js'
import { evaluationText } from './evaluate-text.js'
import { writeReport } from './report.js'

interface EvaluateOptions {
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
  readonly subjects?: readonly string[]
  readonly seed: number
  readonly replicates: number
  readonly out?: string
  readonly gate?: string
}

const SIDES: readonly DegradedSide[] = ['probe', 'gallery', 'both', 'matrix']
const DEFAULT_RESOLUTIONS = [8, 16, 24, 32, 64, 0] as const

/** Adds `crossres evaluate`, which reads the data folder itself; a server may be using it. */
export function addEvaluate(program: Command, run: Run): void {
  program
    .command('evaluate')
    .description('measure models by a protocol of the field, at any resolution')
    .addOption(
      new Option('--protocol <name>', 'whose comparisons to make')
        .choices(PROTOCOL_SOURCES.map(({ name }) => name))
        .makeOptionMandatory(),
    )
    .requiredOption('--data <folder>', 'your copy of the protocol’s data')
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
    .option('--enhance <network>', 'super-resolution of degraded probes: an ONNX file, or esrgan-slim')
    .addOption(
      new Option('--enhance-range <largest>', 'pixel values of the ONNX file: 0..1 or 0..255')
        .choices(['1', '255'])
        .default('1'),
    )
    .option('--enhance-below <pixels>', 'instead: enhance all probes of a lower resolution', integer(1, 10_000))
    .option('--subjects <file>', 'of `folder`: a file with the names of the subject folders to use')
    .option('--seed <number>', 'of splits and intervals', integer(0, Number.MAX_SAFE_INTEGER), 0)
    .option('--replicates <number>', 'of bootstraps, at most', integer(100, 100_000), DEFAULT_REPLICATES)
    .option('--out <folder>', 'keep report.html, tables (CSV, LaTeX), report.json and the score files there')
    .option('--gate <file>', 'promised figures: exit code 1 where one is not kept')
    .addHelpText('after', HELP)
    .action(
      run(async (context, options: Omit<EvaluateOptions, 'subjects'> & { readonly subjects?: string }) => {
        if (context.options.address !== undefined) {
          throw new UsageError('`evaluate` works on the data folder itself: leave out --address.')
        }
        return work(context, {
          ...options,
          ...(options.subjects === undefined ? {} : { subjects: await readNames(options.subjects) }),
        } as EvaluateOptions)
      }),
    )
}

async function work(context: CommandContext, options: EvaluateOptions): Promise<number> {
  const { output, terminal, signal } = context
  const { dataFolder, cacheFolder } = context.options
  const { settings } = readEnvironment(terminal.env)
  // Read first: a mistake in it must not show after an hour.
  const gate = options.gate === undefined ? undefined : parseGate(await readFile(options.gate, 'utf8'), options.gate)
  const objects = await createFolderObjectStore({
    folder: join(dataFolder, 'objects'),
    guest: `evaluate-${process.pid}`,
  })
  const models = [options.model, ...(options.compare ?? [])].map((name) =>
    resolveDefault(modelName(name), settings.defaultModel),
  )
  await ensureModels(objects, cacheFolder, models)

  // Loaded when needed: thread pools and engines would slow every other command down.
  const { evaluate } = await import('../../evaluator/evaluation/evaluation-runner.js')
  const display = showEvaluation(context.startProgress)
  const out = options.out === undefined ? undefined : resolve(options.out)
  const result = await evaluate({ ...settings, objects, cacheFolder }, specOf(options, models), {
    signal,
    report: display.show,
    ...(out === undefined ? {} : { storeScores: (name, body) => store(join(out, 'scores', name), body) }),
  }).finally(display.stop)

  const document = resultDocument(result)
  if (out !== undefined) {
    await store(join(out, 'report.json'), `${JSON.stringify(document, null, 2)}\n`)
    const { page } = await writeReport([out])
    output.note(`Report: ${page}`)
  }
  output.result(document, () => evaluationText(result))
  if (out !== undefined) output.note(`The figures are in ${join(out, 'report.json')}, the scores beside it.`)
  if (gate === undefined) return EXIT_CODE.ok
  const broken = brokenPromises(gate, result)
  for (const line of broken) output.note(`gate: ${line}`)
  if (broken.length === 0) output.note(`gate: all ${gate.promises.length} promised figures are kept`)
  return broken.length === 0 ? EXIT_CODE.ok : EXIT_CODE.failed
}

function specOf(options: EvaluateOptions, models: readonly string[]): EvaluationSpec {
  const { protocol, data, cross, faces, routing, seed, replicates, subjects } = options
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
    ...(subjects ? { subjects } : {}),
  }
}

function enhanceOf({ enhance: model, enhanceRange, enhanceBelow: below }: EvaluateOptions): EvaluationSpec['enhance'] {
  if (model !== undefined) return { model, range: enhanceRange === '1' ? 1 : 255, ...(below ? { below } : {}) }
  if (below !== undefined) throw new UsageError('--enhance-below says which probes --enhance works on: add --enhance.')
  return undefined
}

async function store(file: string, body: Uint8Array | string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, body)
}

async function readNames(file: string): Promise<string[]> {
  const names = (await readFile(file, 'utf8')).split(/\r?\n/).map((line) => line.trim())
  return names.filter((name) => name !== '')
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

--enhance runs a super-resolution network on the small picture of a probe before it is brought to the model’s size. esrgan-slim (4 times;
-x2, -x3, -x8) is fetched once with npm, from the package @upscalerjs/esrgan-slim (MIT, 4.4 MB). An ONNX file takes and gives RGB pictures
of any size.

A gate file: {"promises": [{"metric": "tar_at_far", "parameter": 0.001, "probe": "16", "at_least": 0.5}]}
with metric accuracy, tar_at_far, eer, auc, rank, map, fnir_at_fpir, tpir20_at_fpir or tpir20_auc (the last two of QMUL-SurvFace), and
at_least or at_most.

Examples:
  crossres evaluate --protocol lfw --data lfw/
  crossres evaluate --protocol folder --data faces/ --model base --compare mine --resolutions 8,16,full --out report/
  crossres evaluate --protocol lfw --data lfw/ --model base --enhance esrgan-slim --resolutions 8,16,24,32
  crossres evaluate --protocol lfw --data lfw/ --cross matrix --gate promises.json --json`
