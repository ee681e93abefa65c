import { setImmediate } from 'node:timers/promises'
import { fitCalibration } from '../../../libs/calibration/fit-calibration.js'
import type { Calibration } from '../../../libs/models/model-card.js'
import { versionName } from '../../../libs/models/model-name.js'
import type { ModelRegistry } from '../../../libs/models/model-registry.js'
import type { CalibrationSpec } from './calibration-spec.js'
import { type BandCheck, checkCalibration } from './check-calibration.js'
import type { CalibrationRun, CollectedScores, CollectScores } from './collect-scores.js'
import { bandScores } from './score-matrix.js'

/** What calibrating works with. */
export interface CalibrateModelDeps {
  readonly registry: Pick<ModelRegistry, 'changeCard'>
  readonly collectScores: CollectScores
}

/** A calibration, and what it came to on other subjects. */
export interface CalibrationResult {
  readonly spec: CalibrationSpec
  /** `models/{model}/versions/{version}`, whose card has it now. */
  readonly version: string
  readonly calibration: Calibration
  readonly checks: readonly BandCheck[]
  /** Subjects that the checks are of. */
  readonly checkSubjects: number
  readonly failed: CollectedScores['failed']
}

/**
 * @returns a function that scores faces at every band, fits error rates on some subjects, checks them on the others, and writes them into
 * the card of the version; the version stays the same. Errors: those of CollectScores, CALIBRATION_DATA_INSUFFICIENT
 */
export function createCalibrateModel({ registry, collectScores }: CalibrateModelDeps) {
  return async (spec: CalibrationSpec, run: CalibrationRun): Promise<CalibrationResult> => {
    const { model, dataset, fit, check, failed } = await collectScores(spec, run)
    const settings = { seed: BigInt(spec.seed), replicates: spec.replicates }
    await tell(run, 'Fitting', failed.length)
    const calibration: Calibration = {
      ...fitCalibration(Array.from(fit.bands(), bandScores), dataset),
      subjects: fit.subjects,
      seed: spec.seed,
    }
    await tell(run, 'Checking', failed.length)
    const checks = checkCalibration(calibration, check, settings)
    run.signal.throwIfAborted()
    await registry.changeCard(model.name, model.version, (card) => ({ ...card, calibration }))
    return {
      spec,
      version: versionName(model.name, model.version),
      calibration,
      checks,
      checkSubjects: check.subjects,
      failed,
    }
  }
}

/** Lets whoever listens hear of it: what comes holds this thread. */
async function tell({ signal, report }: CalibrationRun, phase: 'Fitting' | 'Checking', failed: number): Promise<void> {
  signal.throwIfAborted()
  report({ phase, done: 0, total: 1, failed })
  await setImmediate()
}
