import type { Interval } from '../../../libs/metrics/interval.js'
import { type Condition, type DegradedSide, resolutionText } from '../measure/conditions.js'
import { type Figure, hasTargets, MAIN_TARGET } from '../measure/figure.js'
import type { EvaluationFacts, EvaluationResult, MeasuredRow } from './evaluation-result.js'

/** Failed extractions of a model that are named one by one. */
const NAMED = 100

/**
 * The result as JSON; the schema of `report.json` and of `crossres evaluate --json`:
 *
 * - `resolutions`: the figures of the first model by resolution of the degraded side ("8" .. "full"; of a matrix, its probes against the
 *   gallery at full resolution). Each figure is `{value, low, high, count}` with the ends of its 95 % interval: `accuracy`, `eer`, `auc`,
 *   `map`, `tpir20_auc`, `rank1`, `rank5`, `rank10`, `rank20`, `rank50`; `tar_at_far`, `fnir_at_fpir` and `tpir20_at_fpir` are such figures at
 *   their `target` (FAR 1e-3, FPIR 1e-2) and hold one for every target by its name, e.g. `tar_at_far["0.0001"]`; `cmc` is a list from rank 1.
 *   Where several protocols have a figure, the first one's stands here.
 * - `models[]`: for each model `model` (its version), `resolutions` as above, `failed_extractions` with the first of them in `failed`, and
 *   `protocols`: by name a list of `{probe, gallery, figures}`, one for each condition.
 * - `differences[]`: for each further model its figures minus the first model's on the same comparisons, with paired intervals.
 * - what runDocument has.
 */
export function resultDocument(result: EvaluationResult) {
  const { spec, protocols, models, rows, differences } = result
  const documents = models.map(({ version, failed }) => {
    const own = rows.filter(({ model }) => model === version)
    return {
      model: version,
      failed_extractions: failed.length,
      failed: failed.slice(0, NAMED),
      resolutions: byResolution(own, spec.side),
      protocols: Object.fromEntries(
        protocols.map(({ name }) => [
          name,
          own
            .filter(({ protocol }) => protocol === name)
            .map(({ condition, figures }) => ({ ...conditionNames(condition), figures: figuresDocument(figures) })),
        ]),
      ),
    }
  })
  return {
    ...runDocument(result),
    resolutions: documents[0]?.resolutions ?? {},
    models: documents,
    differences: differences.map(({ condition, ...difference }) => ({ ...conditionNames(condition), ...difference })),
  }
}

/**
 * What was run, as JSON: `software` (version of crossres), `protocol`, `data`, `dataset` (fingerprint), `seed`, `degraded` side, `faces`,
 * `routing`, `compared` (the protocols); of the protocol `folder` `subjects` or `held_out` where those are not all; `enhancer` where probes were
 * enhanced by super-resolution, `{model, digest, scale, below}`, whose `below` is null where all degraded ones were.
 */
export function runDocument({ spec, software, protocols, dataset, enhancer }: EvaluationFacts) {
  const { protocol, folder, dataUri = folder, seed, side, faces, routing, subjects, heldOut } = spec
  return {
    schema: 1,
    software,
    protocol,
    data: dataUri,
    dataset,
    seed,
    ...(subjects ? { subjects } : {}),
    ...(heldOut === undefined ? {} : { held_out: heldOut }),
    degraded: side,
    faces,
    routing,
    ...(enhancer ? { enhancer } : {}),
    compared: protocols,
  }
}

/** See resultDocument. */
export type ResultDocument = ReturnType<typeof resultDocument>

type FigureDocument = Interval & { readonly count: number }
/** At the main target, and at every other under its name. */
type TargetsDocument = Partial<FigureDocument> & { readonly [target: string]: FigureDocument | number }
/** By name: `rank1`, `tar_at_far` ... */
export type FiguresDocument = Readonly<Record<string, FigureDocument | TargetsDocument | readonly number[]>>

function byResolution(rows: readonly MeasuredRow[], side: DegradedSide): Record<string, FiguresDocument> {
  const merged: Record<string, FiguresDocument> = {}
  for (const { condition, figures } of rows) {
    if (side === 'matrix' && condition.gallery !== 0) continue
    const name = resolutionText(condition[side === 'gallery' ? 'gallery' : 'probe'])
    merged[name] = { ...figuresDocument(figures), ...merged[name] }
  }
  return merged
}

/** @returns the figures by name, see resultDocument */
export function figuresDocument(figures: readonly Figure[]): FiguresDocument {
  const document: Record<string, FiguresDocument[string]> = {}
  const cmc = figures.filter(({ metric }) => metric === 'cmc').map(({ value }) => value)
  for (const figure of figures) {
    const { metric, parameter } = figure
    if (metric === 'rank') document[`rank${parameter}`] = figureDocument(figure)
    else if (hasTargets(metric)) document[metric] ??= targets(figures, metric)
    else if (metric !== 'cmc') document[metric] = figureDocument(figure)
  }
  return cmc.length > 0 ? { ...document, cmc } : document
}

function targets(figures: readonly Figure[], metric: keyof typeof MAIN_TARGET): TargetsDocument {
  const own = figures.filter((figure) => figure.metric === metric)
  const target = MAIN_TARGET[metric]
  const main = own.find(({ parameter }) => parameter === target)
  return {
    ...(main ? { target, ...figureDocument(main) } : {}),
    ...Object.fromEntries(own.map((figure) => [String(figure.parameter), figureDocument(figure)])),
  }
}

const figureDocument = ({ value, low, high, count }: Figure): FigureDocument => ({ value, low, high, count })

const conditionNames = ({ probe, gallery }: Condition) => ({
  probe: resolutionText(probe),
  gallery: resolutionText(gallery),
})
