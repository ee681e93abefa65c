import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { resolveDefault } from '../../../libs/models/model-name.js'
import type { EvaluationResult } from '../../evaluator/evaluation/evaluation-result.js'
import { brokenPromises, type Gate, parseGate } from '../../evaluator/evaluation/gate.js'
import { resultDocument } from '../../evaluator/evaluation/result-document.js'
import { commandEnvironment } from '../command-environment.js'
import type { CommandContext, Run } from '../context.js'
import { EXIT_CODE, toCliFailure, UsageError } from '../failure.js'
import { localOnly } from '../local-only.js'
import { openData } from '../open-data.js'
import type { Output } from '../output.js'
import { modelName } from '../resource-names.js'
import { type EvaluateOptions, specOf, withEvaluateOptions } from './evaluate-options.js'
import { showEvaluation } from './evaluate-progress.js'
import { evaluationText } from './evaluate-text.js'
import { writeReport } from './report.js'

/** Adds `crossres evaluate`, which reads the data folder, or the bucket, itself; a server may be using it. */
export function addEvaluate(program: Command, run: Run): void {
  withEvaluateOptions(
    program.command('evaluate').description('measure models by a protocol of the field, at any resolution'),
  ).action(run(work))
}

async function work(context: CommandContext, options: EvaluateOptions): Promise<number> {
  localOnly(context, 'evaluate')
  if (options.thumbnails && options.out === undefined)
    throw new UsageError('--thumbnails shows faces in the report that --out keeps: add --out.')
  const { output, signal } = context
  const { cacheFolder } = context.options
  const environment = commandEnvironment(context)
  const { settings } = environment
  // Read first: a mistake in it must not show after an hour.
  const gate = options.gate === undefined ? undefined : parseGate(await readFile(options.gate, 'utf8'), options.gate)
  const models = [options.model, ...(options.compare ?? [])].map((name) =>
    resolveDefault(modelName(name), settings.defaultModel),
  )
  const asked = await specOf(options, models)
  const wanted = { command: 'evaluate', models, data: options.data }
  const { objects, folder } = await openData(environment, cacheFolder, wanted)
  const spec = { ...asked, folder }

  // Loaded when needed: thread pools and engines would slow every other command down.
  const { evaluate } = await import('../../evaluator/evaluation/evaluation-runner.js')
  const display = showEvaluation(context.startProgress)
  const out = options.out === undefined ? undefined : resolve(options.out)
  const result = await evaluate({ ...settings, objects, cacheFolder }, spec, {
    signal,
    report: display.show,
    ...(out === undefined ? {} : { storeScores: (name, body) => store(join(out, 'scores', name), body) }),
  }).finally(display.stop)

  const document = resultDocument(result)
  if (out !== undefined) {
    await store(join(out, 'report.json'), `${JSON.stringify(document, null, 2)}\n`)
    await draw(context, out, options.thumbnails ?? false)
  }
  output.result(document, () => evaluationText(result))
  if (out !== undefined) output.note(`The figures are in ${join(out, 'report.json')}, the scores beside it.`)
  return gate === undefined || isKept(gate, result, output) ? EXIT_CODE.ok : EXIT_CODE.failed
}

/** Figures that took hours do not fail for the page, which can be drawn again. */
async function draw(context: CommandContext, out: string, thumbnails: boolean): Promise<void> {
  try {
    const { page } = await writeReport(context, [out], { thumbnails })
    context.output.note(`Report: ${page}`)
  } catch (error) {
    context.signal.throwIfAborted()
    const { message, reason } = toCliFailure(error)
    context.output.note(
      `warning: the figures are kept, but the report could not be drawn: ${message} (${reason}). Try again: crossres report ${out}`,
    )
  }
}

/** Says which promises fell. */
function isKept(gate: Gate, result: EvaluationResult, output: Output): boolean {
  const broken = brokenPromises(gate, result)
  for (const line of broken) output.note(`gate: ${line}`)
  if (broken.length === 0) output.note(`gate: all ${gate.promises.length} promised figures are kept`)
  return broken.length === 0
}

async function store(file: string, body: Uint8Array | string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, body)
}
