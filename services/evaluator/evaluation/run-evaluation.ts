import { setImmediate } from 'node:timers/promises'
import { DomainError } from '../../../libs/config/domain-error.js'
import { bootstrapBand } from '../../../libs/metrics/bootstrap.js'
import { openProtocol } from '../../../libs/protocols/open-protocol.js'
import type { Protocol } from '../../../libs/protocols/protocol.js'
import { type ExtractDeps, type ExtractionProgress, extractFeatures } from '../features/extract-features.js'
import type { FeatureTable } from '../features/feature-table.js'
import { type MeasuredModel, type MeasuredModelDeps, openMeasuredModel } from '../features/measured-model.js'
import { type Condition, conditionsOf, resolutionText } from '../measure/conditions.js'
import type { Measurement } from '../measure/figure.js'
import { type TemplateFeatures, templateFeatures } from '../score/template-features.js'
import { datasetFingerprint } from './dataset-fingerprint.js'
import type { Difference, EvaluationResult, MeasuredRow, ModelRun } from './evaluation-result.js'
import type { EvaluationSpec } from './evaluation-spec.js'
import { measureCondition } from './measure-condition.js'
import { wantedPictures } from './wanted-pictures.js'

/** How far an evaluation is. */
export interface EvaluationProgress extends Omit<ExtractionProgress, 'phase'> {
  readonly phase: ExtractionProgress['phase'] | 'Comparing'
  /** The model at work; empty while models are compared. */
  readonly model: string
}

/** What an evaluation works with. */
export interface RunEvaluationDeps extends ExtractDeps, MeasuredModelDeps {
  readonly signal: AbortSignal
  report(progress: EvaluationProgress): void
  /** Keeps a score file, such as `base-0123456789ab/lfw/gallery-full-probe-16.parquet`; absent: none is made. */
  storeScores?(name: string, body: Uint8Array): Promise<void>
}

/** A model with the features of all pictures. */
interface EmbeddedModel {
  readonly model: MeasuredModel
  readonly table: FeatureTable
}

/**
 * The whole path of an evaluation: read the protocol, embed every picture at every resolution it is needed at, fuse templates, compare,
 * store the scores, measure them.
 * @throws DomainError MODEL_NAMED_TWICE; those of openProtocol, of the model registry, of extractFeatures; the signal's reason
 */
export async function runEvaluation(deps: RunEvaluationDeps, spec: EvaluationSpec): Promise<EvaluationResult> {
  const { folder, protocol: name, seed, subjects } = spec
  const protocols = await openProtocol({ protocol: name, folder, seed, options: subjects ? { subjects } : {} })
  const conditions = conditionsOf(spec.resolutions, spec.side)
  const dataset = await datasetFingerprint(protocols)
  const embedded: EmbeddedModel[] = []
  for (const model of await openModels(deps, spec)) {
    embedded.push(await embedProtocols(deps, spec, model, protocols, conditions))
  }

  const rows: MeasuredRow[] = []
  const differences: Difference[] = []
  const settings = { seed: BigInt(seed), replicates: spec.replicates }
  const total = protocols.length * conditions.length
  for (const protocol of protocols) {
    const fused = embedded.map((each) => fusedFeatures(protocol, each))
    for (const condition of conditions) {
      deps.signal.throwIfAborted()
      const { failedCount } = (embedded[0] as EmbeddedModel).table
      const done = rows.length / embedded.length
      deps.report({ phase: 'Comparing', model: '', done, total, failed: failedCount })
      // Lets whoever listens hear of it: comparing holds this thread.
      await setImmediate()
      const measurements: Measurement[] = []
      for (const [i, { model }] of embedded.entries()) {
        const of = fused[i] as (resolution: number) => TemplateFeatures
        const notes = deps.storeScores && notesOf(spec, protocol, condition, model, dataset)
        const sides = [of(condition.gallery), of(condition.probe)] as const
        const { measurement, files } = measureCondition(protocol, ...sides, settings, notes)
        for (const { part, body } of files) await deps.storeScores?.(scoresName(protocol, condition, model, part), body)
        measurements.push(measurement)
        rows.push({ protocol: protocol.name, condition, model: model.versionName, figures: measurement.figures })
      }
      for (const [i, { model }] of embedded.entries()) {
        if (i === 0) continue
        const pairs = compare(measurements[0] as Measurement, measurements[i] as Measurement, settings.seed)
        const place = { protocol: protocol.name, condition, model: model.versionName }
        differences.push(...pairs.map((difference) => ({ ...place, ...difference })))
      }
    }
  }
  return { spec, protocols: protocols.map(describe), dataset, models: embedded.map(modelRun), rows, differences }
}

/** All of them before the first is measured: a wrong name must not show after an hour. */
async function openModels(deps: MeasuredModelDeps, { models, routing }: EvaluationSpec): Promise<MeasuredModel[]> {
  const opened: MeasuredModel[] = []
  for (const name of models) {
    const model = await openMeasuredModel(deps, name, routing)
    if (opened.some(({ versionName }) => versionName === model.versionName)) {
      throw new DomainError(
        'MODEL_NAMED_TWICE',
        `${name} stands for ${model.versionName}, which is measured already: name each version once.`,
        { model: model.versionName },
      )
    }
    opened.push(model)
  }
  return opened
}

async function embedProtocols(
  deps: RunEvaluationDeps,
  { folder, faces }: EvaluationSpec,
  model: MeasuredModel,
  protocols: readonly Protocol[],
  conditions: readonly Condition[],
): Promise<EmbeddedModel> {
  try {
    const report = (progress: ExtractionProgress) => deps.report({ ...progress, model: model.versionName })
    const options = { folder, faces, signal: deps.signal, report }
    return { model, table: await extractFeatures(deps, model, wantedPictures(protocols, conditions), options) }
  } finally {
    await model.close()
  }
}

/** Each resolution is fused once, however many conditions it takes part in. */
function fusedFeatures(protocol: Protocol, { model, table }: EmbeddedModel): (resolution: number) => TemplateFeatures {
  const fused = new Map<number, TemplateFeatures>()
  return (resolution) => {
    const known =
      fused.get(resolution) ?? templateFeatures(protocol, table, resolution, model.registered.card.dimension)
    fused.set(resolution, known)
    return known
  }
}

/** Every replicate draws the same subjects for both models. */
function compare(first: Measurement, other: Measurement, seed: bigint) {
  return other.statistics.flatMap(({ metric, parameters, statistic, replicates }) => {
    const base = first.statistics.find((each) => each.metric === metric)
    if (base === undefined) return []
    const options = { subjects: first.subjects, seed, replicates }
    const { value, low, high } = bootstrapBand((multiplicity) => {
      const before = base.statistic(multiplicity)
      return statistic(multiplicity).map((figure, i) => figure - (before[i] as number))
    }, options)
    return parameters
      .map((parameter, i) => {
        const interval = { value: value[i] as number, low: low[i] as number, high: high[i] as number }
        return { metric, parameter, ...interval }
      })
      .filter((difference) => !Number.isNaN(difference.value))
  })
}

function notesOf(
  { seed, side, faces }: EvaluationSpec,
  protocol: Protocol,
  { probe, gallery }: Condition,
  model: MeasuredModel,
  dataset: string,
) {
  return {
    protocol: protocol.name,
    kind: protocol.kind,
    model: model.versionName,
    probe_resolution: resolutionText(probe),
    gallery_resolution: resolutionText(gallery),
    side,
    faces,
    seed: String(seed),
    dataset,
  }
}

function scoresName({ name }: Protocol, { probe, gallery }: Condition, { registered }: MeasuredModel, part: string) {
  const file = `gallery-${resolutionText(gallery)}-probe-${resolutionText(probe)}${part && `-${part}`}.parquet`
  return `${registered.name}-${registered.version}/${name}/${file}`
}

function describe(protocol: Protocol): EvaluationResult['protocols'][number] {
  const { name, kind, images, templates } = protocol
  const comparisons =
    protocol.kind === 'verification' ? protocol.pairs.probe.length : protocol.probes.length * protocol.galleries.length
  return { name, kind, images: images.length, templates: templates.length, comparisons }
}

const modelRun = ({ model, table }: EmbeddedModel): ModelRun => ({ version: model.versionName, failed: table.failed() })
