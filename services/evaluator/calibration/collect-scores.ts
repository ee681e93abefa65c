import { openProtocol } from '../../../libs/protocols/open-protocol.js'
import { datasetFingerprint } from '../evaluation/dataset-fingerprint.js'
import { type ExtractDeps, extractFeatures, type WantedPicture } from '../features/extract-features.js'
import type { FeatureTable } from '../features/feature-table.js'
import { type MeasuredModelDeps, openMeasuredModel } from '../features/measured-model.js'
import { risingResolutions } from '../measure/conditions.js'
import { bandBelow, bandResolutions, type CalibrationSpec } from './calibration-spec.js'
import { type ChosenPicture, type ChosenPictures, choosePictures } from './choose-pictures.js'
import { measurePictures } from './measure-pictures.js'
import type { ScoreMatrix } from './score-matrix.js'

/** How far a calibration is. */
export interface CalibrationProgress {
  readonly phase: 'Measuring faces' | 'Finding faces' | 'Embedding' | 'Fitting' | 'Checking'
  readonly done: number
  readonly total: number
  /** Pictures without features so far. */
  readonly failed: number
}

/** Who hears of a calibration, and who stops it. */
export interface CalibrationRun {
  readonly signal: AbortSignal
  report(progress: CalibrationProgress): void
}

/** Scores of some subjects among each other. */
export interface SubjectScores {
  readonly subjects: number
  /** One band after the other: each is scored when it is asked for. */
  bands(): Iterable<ScoreMatrix>
}

/** All that a calibration is made from. */
export interface CollectedScores {
  readonly model: { readonly name: string; readonly version: string }
  /** Digest of the data set, see datasetFingerprint. */
  readonly dataset: string
  readonly fit: SubjectScores
  /** Of subjects that are not in `fit`. */
  readonly check: SubjectScores
  /** Pictures that could not be used, with the reason. */
  readonly failed: readonly { readonly image: string; readonly reason: string }[]
}

/** Scores the faces of a data set at every band. */
export type CollectScores = (spec: CalibrationSpec, run: CalibrationRun) => Promise<CollectedScores>

/**
 * @returns a function that embeds the chosen pictures as the embedder would (networks that the card routes to included), templates as they
 * are and probes at the resolutions of each band. A face is made smaller and never larger: bands above a picture's own resolution go
 * without it. Features are kept, so that a second calibration, or an evaluation, of the same pictures is quick.
 *   Its errors are those of openProtocol and extractFeatures, MODEL_NOT_FOUND, and CALIBRATION_DATA_INSUFFICIENT
 */
export function createCollectScores(deps: ExtractDeps & MeasuredModelDeps): CollectScores {
  return async (spec, { signal, report }) => {
    const { folder, faces, seed } = spec
    const protocols = await openProtocol({ protocol: 'folder', folder, seed, options: { nonMatedPairs: 1 } })
    const { fit, check } = choosePictures(protocols[0]?.images ?? [], spec)
    const model = await openMeasuredModel(deps, spec.model, true)
    try {
      const { card, name, version } = model.registered
      const probes = [...fit.probes, ...check.probes].map(({ image }) => image)
      const resolutions = await measurePictures(deps, probes, {
        faces,
        preparation: card,
        signal,
        report: (done, total) => report({ phase: 'Measuring faces', done, total, failed: 0 }),
      })
      const shown = (set: ChosenPictures) =>
        new Map(spec.bands.map((band) => [band, showProbes(set.probes, band, resolutions)]))
      const [fitShown, checkShown] = [shown(fit), shown(check)]
      const wanted = wantedPictures(
        [...fit.templates, ...check.templates],
        [...fitShown.values(), ...checkShown.values()],
      )
      const table = await extractFeatures(deps, model, wanted, { folder, faces, signal, report })
      const scoresOf = (set: ChosenPictures, at: typeof fitShown): SubjectScores => ({
        subjects: set.subjects.length,
        *bands() {
          for (const [band, probesShown] of at) yield scoreBand(set, probesShown, band, table, card.dimension)
        },
      })
      return {
        model: { name, version },
        dataset: await datasetFingerprint(protocols.slice(0, 1)),
        fit: scoresOf(fit, fitShown),
        check: scoresOf(check, checkShown),
        failed: table.failed(),
      }
    } finally {
      await model.close()
    }
  }
}

/** A probe and the resolution it is shown at, in pixels; 0: as it is. */
interface ShownProbe extends ChosenPicture {
  readonly at: number
}

/** @returns the probes that can be shown at a band; each resolution of the band has its share of them */
export function showProbes(
  probes: readonly ChosenPicture[],
  band: number,
  resolutions: ReadonlyMap<string, number>,
): ShownProbe[] {
  const choice = band === 0 ? [] : bandResolutions(band)
  return probes.flatMap((probe, i) => {
    const own = resolutions.get(probe.image.id)
    if (own === undefined) return []
    const wanted = choice[i % choice.length]
    if (wanted !== undefined && own > wanted) return [{ ...probe, at: wanted }]
    // A face may be of the band as it is.
    const within = own > bandBelow(band) && (band === 0 || own <= band)
    return within ? [{ ...probe, at: 0 }] : []
  })
}

function wantedPictures(templates: readonly ChosenPicture[], shown: readonly ShownProbe[][]): WantedPicture[] {
  const wanted = new Map(templates.map(({ image }) => [image.id, { image, resolutions: new Set([0]) }]))
  for (const { image, at } of shown.flat()) {
    const entry = wanted.get(image.id) ?? { image, resolutions: new Set<number>() }
    entry.resolutions.add(at)
    wanted.set(image.id, entry)
  }
  return [...wanted.values()].map(({ image, resolutions }) => ({ image, resolutions: risingResolutions(resolutions) }))
}

function scoreBand(
  { templates }: ChosenPictures,
  probes: readonly ShownProbe[],
  resolution: number,
  table: FeatureTable,
  dimension: number,
): ScoreMatrix {
  const enrolled = featureRows(
    templates.map(({ image }) => table.get(image.id, 0)),
    dimension,
  )
  const shown = featureRows(
    probes.map(({ image, at }) => table.get(image.id, at)),
    dimension,
  )
  const scores = new Float32Array(probes.length * templates.length)
  for (let probe = 0, at = 0; probe < probes.length; probe++) {
    for (let template = 0; template < templates.length; template++, at++) {
      let [sum, from, to] = [0, probe * dimension, template * dimension]
      for (let i = 0; i < dimension; i++) sum += (shown[from++] as number) * (enrolled[to++] as number)
      scores[at] = sum
    }
  }
  return {
    resolution,
    scores,
    probeSubjects: Uint32Array.from(probes, ({ subject }) => subject),
    templateSubjects: Uint32Array.from(templates, ({ subject }) => subject),
  }
}

/** Row by row; NaN where there is none. */
function featureRows(features: readonly (Float32Array | undefined)[], dimension: number): Float32Array {
  const rows = new Float32Array(features.length * dimension).fill(Number.NaN)
  for (const [i, feature] of features.entries()) if (feature) rows.set(feature, i * dimension)
  return rows
}
