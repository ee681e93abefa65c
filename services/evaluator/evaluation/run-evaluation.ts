import { setImmediate } from 'node:timers/promises'
import { DomainError } from '../../../libs/config/domain-error.js'
import { bootstrapBand } from '../../../libs/metrics/bootstrap.js'
import { openProtocol } from '../../../libs/protocols/open-protocol.js'
import type { Protocol } from '../../../libs/protocols/protocol.js'
import { type Enhancement, enhancerRun, enhancesAt } from '../enhance/enhancement.js'
import { openEnhancement } from '../enhance/open-enhancement.js'
import type { ExtractDeps, ExtractionProgress } from '../features/extract-features.js'
import { type MeasuredModel, type MeasuredModelDeps, openMeasuredModel } from '../features/measured-model.js'
import { type Condition, conditionsOf, resolutionText } from '../measure/conditions.js'
import type { Measurement } from '../measure/figure.js'
import { datasetFingerprint } from './dataset-fingerprint.js'
import { type EmbeddedModel, embedProtocols, fusedFeatures } from './embed-protocols.js'
import type { Difference, EvaluationResult, MeasuredRow } from './evaluation-result.js'
import type { EvaluationSpec } from './evaluation-spec.js'
import { measureCondition } from './measure-condition.js'

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

/**
 * The whole path of an evaluation: read the protocol, embed every picture at every resolution it is needed at, fuse templates, compare,
 * store the scores, measure them.
 * @throws DomainError MODEL_NAMED_TWICE; those of openProtocol, openEnhancement, the model registry, extractFeatures; the signal's reason
 */
export async function runEvaluation(deps: RunEvaluationDeps, spec: EvaluationSpec): Promise<EvaluationResult> {
  const enhancement = spec.enhance && (await openEnhancement(deps, spec.enhance))
  try {
    return await measureModels(deps, spec, enhancement)
  } finally {
    await enhancement?.enhancer.close()
  }
}

async function measureModels(
  deps: RunEvaluationDeps,
  spec: EvaluationSpec,
  enhancement: Enhancement | undefined,
): Promise<EvaluationResult> {
  const { folder, faces, protocol: name, seed, subjects } = spec
  const { signal } = deps
  const protocols = await openProtocol({ protocol: name, folder, seed, options: subjects ? { subjects } : {} })
  const conditions = conditionsOf(spec.resolutions, spec.side)
  const dataset = await datasetFingerprint(protocols)
  const embedded: EmbeddedModel[] = []
  for (const model of await openModels(deps, spec)) {
    const report = (progress: ExtractionProgress) => deps.report({ ...progress, model: model.versionName })
    const options = { folder, faces, signal, report, ...(enhancement ? { enhancement } : {}) }
    embedded.push(await embedProtocols(deps, model, protocols, conditions, options))
  }

  const rows: MeasuredRow[] = []
  const differences: Difference[] = []
  const settings = { seed: BigInt(seed), replicates: spec.replicates }
  const total = protocols.length * conditions.length
  for (const protocol of protocols) {
    const fused = embedded.map((each) => fusedFeatures(protocol, each))
    for (const condition of conditions) {
      signal.throwIfAborted()
      const { failed } = (embedded[0] as EmbeddedModel).run
      const done = rows.length / embedded.length
      deps.report({ phase: 'Comparing', model: '', done, total, failed: failed.length })
      // Lets whoever listens hear of it: comparing holds this thread.
      await setImmediate()
      const measurements: Measurement[] = []
      for (const [i, { model }] of embedded.entries()) {
        const of = fused[i] as ReturnType<typeof fusedFeatures>
        const notes = deps.storeScores && notesOf(spec, protocol, condition, model, dataset, enhancement)
        const sides = [of('gallery', condition.gallery), of('probe', condition.probe)] as const
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
  return {
    spec,
    protocols: protocols.map(describe),
    dataset,
    models: embedded.map(({ run }) => run),
    ...(enhancement ? { enhancer: enhancerRun(enhancement) } : {}),
    rows,
    differences,
  }
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
  enhancement: Enhancement | undefined,
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
    ...(enhancement && enhancesAt(enhancement, probe) ? { enhancer: enhancement.enhancer.digest } : {}),
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
