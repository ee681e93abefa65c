import { setImmediate } from 'node:timers/promises'
import { DomainError } from '../../../libs/config/domain-error.js'
import { softwareVersion } from '../../../libs/config/software-version.js'
import { heldOutSubjects } from '../../../libs/dataset/held-out-subjects.js'
import { type DotProducts, openDotProducts } from '../../../libs/dot-products/dot-products.js'
import { openProtocol } from '../../../libs/protocols/open-protocol.js'
import type { Protocol } from '../../../libs/protocols/protocol.js'
import { type Enhancement, enhancerRun, enhancesAt } from '../enhance/enhancement.js'
import { type OpenEnhancementDeps, openEnhancement } from '../enhance/open-enhancement.js'
import type { ExtractDeps, ExtractionProgress } from '../features/extract-features.js'
import { type MeasuredModel, type MeasuredModelDeps, openMeasuredModel } from '../features/measured-model.js'
import { compareMeasurements } from '../measure/compare-measurements.js'
import { type Condition, conditionsOf, resolutionText } from '../measure/conditions.js'
import type { Measurement } from '../measure/figure.js'
import { datasetFingerprint } from './dataset-fingerprint.js'
import { type EmbeddedModel, embedProtocols, fusedFeatures } from './embed-protocols.js'
import type { Difference, EvaluationFacts, EvaluationResult, MeasuredRow } from './evaluation-result.js'
import type { EvaluationSpec } from './evaluation-spec.js'
import { measureCondition } from './measure-condition.js'
import { scoreNotes } from './score-notes.js'

/** How far an evaluation is. */
export interface EvaluationProgress extends Omit<ExtractionProgress, 'phase'> {
  readonly phase: ExtractionProgress['phase'] | 'Comparing'
  /** The model at work; empty while models are compared. */
  readonly model: string
}

/** What an evaluation works with. */
export interface RunEvaluationDeps extends ExtractDeps, MeasuredModelDeps, OpenEnhancementDeps {
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
  const products = openDotProducts()
  try {
    const enhancement = spec.enhance && (await openEnhancement(deps, spec.enhance))
    try {
      return await measureModels({ ...deps, products }, spec, enhancement)
    } finally {
      await enhancement?.enhancer.close()
    }
  } finally {
    await products.close()
  }
}

async function measureModels(
  deps: RunEvaluationDeps & { readonly products: DotProducts },
  spec: EvaluationSpec,
  enhancement: Enhancement | undefined,
): Promise<EvaluationResult> {
  const { folder, faces, seed } = spec
  const { signal, products } = deps
  const protocols = await openProtocols(spec)
  const conditions = conditionsOf(spec.resolutions, spec.side)
  const facts: EvaluationFacts = {
    spec,
    software: softwareVersion(),
    protocols: protocols.map(describe),
    dataset: await datasetFingerprint(protocols),
    ...(enhancement ? { enhancer: enhancerRun(enhancement) } : {}),
  }
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
      const enhanced = enhancement !== undefined && enhancesAt(enhancement, condition.probe)
      const measurements: Measurement[] = []
      for (const [order, { model, run }] of embedded.entries()) {
        const of = fused[order] as ReturnType<typeof fusedFeatures>
        const notes = deps.storeScores && scoreNotes(facts, { protocol, condition, model: run, order, enhanced })
        const features = { gallery: of('gallery', condition.gallery), probe: of('probe', condition.probe) }
        const { measurement, files } = await measureCondition(products, protocol, features, settings, notes)
        for (const { part, body } of files) await deps.storeScores?.(scoresName(protocol, condition, model, part), body)
        measurements.push(measurement)
        rows.push({ protocol: protocol.name, condition, model: model.versionName, figures: measurement.figures })
      }
      for (const [i, { model }] of embedded.entries()) {
        if (i === 0) continue
        const found = compareMeasurements(measurements[0] as Measurement, measurements[i] as Measurement, settings.seed)
        const place = { protocol: protocol.name, condition, model: model.versionName }
        differences.push(...found.map((difference) => ({ ...place, ...difference })))
      }
    }
  }
  return { ...facts, models: embedded.map(({ run }) => run), rows, differences }
}

/** @throws DomainError those of heldOutSubjects and openProtocol */
async function openProtocols({ protocol, folder, seed, subjects: named, heldOut }: EvaluationSpec) {
  const subjects =
    named ?? (heldOut === undefined ? undefined : await heldOutSubjects(folder, { share: heldOut, seed }))
  return openProtocol({ protocol, folder, seed, options: subjects ? { subjects } : {} })
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
