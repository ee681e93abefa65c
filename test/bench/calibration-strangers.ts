import { Decision } from '../../gen/crossres/v1/common.js'
import { calibratedBand, fmrForFpir } from '../../libs/calibration/apply-calibration.js'
import type { Calibration } from '../../libs/models/model-card.js'
import { openProtocol } from '../../libs/protocols/open-protocol.js'
import type { ProtocolImage } from '../../libs/protocols/protocol.js'
import type { CalibrationSpec } from '../../services/evaluator/calibration/calibration-spec.js'
import { choosePictures } from '../../services/evaluator/calibration/choose-pictures.js'
import { type ExtractDeps, extractFeatures } from '../../services/evaluator/features/extract-features.js'
import { type MeasuredModelDeps, openMeasuredModel } from '../../services/evaluator/features/measured-model.js'
import { createDecide } from '../../services/gallery-index/decide.js'
import { cosine } from '../fixtures/cosine.js'

/** How decisions went. */
export interface Called {
  readonly strangers: number
  /** Strangers called MATCH by the calibrated threshold of their resolution, and by the one of full resolution. */
  readonly calibrated: number
  readonly fixed: number
  /** Strangers of whom the calibration says that nothing can be said. */
  readonly inconclusive: number
  /** Searches for people of the gallery. */
  readonly mates: number
  /** Those of them called MATCH, likewise. */
  readonly matesCalibrated: number
  readonly matesFixed: number
}

const STRANGERS = 1_000

/**
 * Searches a gallery of half of the subjects that the calibration has not seen for pictures of the other half, and for its own.
 * @param resolution of the probes in pixels
 * @param fpir the target of each search
 */
export async function callStrangers(
  deps: ExtractDeps & MeasuredModelDeps,
  spec: CalibrationSpec,
  calibration: Calibration,
  { resolution, fpir }: { readonly resolution: number; readonly fpir: number },
): Promise<Called> {
  const { folder, faces, seed } = spec
  const [protocol] = await openProtocol({ protocol: 'folder', folder, seed, options: { nonMatedPairs: 1 } })
  const { check } = choosePictures(protocol?.images ?? [], spec)
  const isEnrolled = ({ subject }: { readonly subject: number }) => subject % 2 === 0
  const strange = new Set(check.subjects.filter((_, subject) => subject % 2 === 1))
  const templates = check.templates.filter(isEnrolled).map(({ image }) => image)
  const mates = check.probes.filter(isEnrolled).map(({ image }) => image)
  const strangers = (protocol?.images ?? []).filter(({ subject }) => strange.has(subject ?? '')).slice(0, STRANGERS)

  const model = await openMeasuredModel(deps, spec.model, true)
  const wanted = [
    ...templates.map((image) => ({ image, resolutions: [0] })),
    ...[...mates, ...strangers].map((image) => ({ image, resolutions: [resolution] })),
  ]
  const options = { folder, faces, signal: new AbortController().signal, report: () => {} }
  const table = await extractFeatures(deps, model, wanted, options).finally(model.close)

  const gallery = templates.flatMap(({ id }) => table.get(id, 0) ?? [])
  const decide = createDecide({ targetFpir: fpir, targetFmr: fpir, mostFnmr: 0.9 })
  const fixed = calibratedBand(calibration, 0)?.thresholdForFmr(fmrForFpir(fpir, gallery.length)) ?? 1
  const count = (probes: readonly ProtocolImage[]) => {
    const tops = probes.flatMap(({ id }) => {
      const feature = table.get(id, resolution)
      return feature ? [Math.max(...gallery.map((template) => cosine(feature, template)))] : []
    })
    const decided = tops.map((score) =>
      decide({ score, target: undefined, resolution, templates: gallery.length, calibration }),
    )
    return {
      all: tops.length,
      calibrated: decided.filter(({ decision }) => decision === Decision.MATCH).length,
      fixed: tops.filter((score) => score >= fixed).length,
      inconclusive: decided.filter(({ decision }) => decision === Decision.INCONCLUSIVE).length,
    }
  }
  const [others, own] = [count(strangers), count(mates)]
  return {
    strangers: others.all,
    calibrated: others.calibrated,
    fixed: others.fixed,
    inconclusive: others.inconclusive,
    mates: own.all,
    matesCalibrated: own.calibrated,
    matesFixed: own.fixed,
  }
}
