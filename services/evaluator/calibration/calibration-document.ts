import { calibratedBand } from '../../../libs/calibration/apply-calibration.js'
import { resolutionText } from '../measure/conditions.js'
import type { CalibrationResult } from './calibrate-model.js'

/** Pictures without features that are named one by one. */
const NAMED = 100

/**
 * A calibration as JSON; the schema of `report.json` of a calibration and of `crossres calibrate --json`:
 *
 * - `model`: the version whose card has it now; `data`, `dataset` (fingerprint), `seed`, `faces`: what was run;
 * - `subjects`: how many it was fitted on, and `check_subjects`, others, that it was checked on;
 * - `bands[]`: by `band` ("8" .. "full") the comparisons behind it (`non_mated`, `mated`), the `thresholds` by false match rate ("0.1" ..
 *   "0.00001"; null where none meets it), and `checks[]`: for each `target` the `threshold` and what it came to: `fmr`, `fnmr`, `fpir`,
 *   each `{value, low, high, count}` with its 95 % interval by drawing subjects;
 * - `failed_extractions`, and the first of them in `failed`.
 */
export function calibrationDocument({ spec, version, calibration, checks, checkSubjects, failed }: CalibrationResult) {
  return {
    schema: 1,
    model: version,
    data: spec.folder,
    dataset: calibration.dataset,
    seed: spec.seed,
    faces: spec.faces,
    subjects: calibration.subjects ?? 0,
    check_subjects: checkSubjects,
    bands: calibration.bands.map(({ resolution, impostors, mated = 0 }) => {
      const band = calibratedBand(calibration, resolution)
      return {
        band: resolutionText(resolution),
        non_mated: impostors,
        mated,
        thresholds: Object.fromEntries(RATES.map((rate) => [rate, band?.thresholdForFmr(Number(rate)) ?? null])),
        checks: checks
          .filter((check) => check.resolution === resolution)
          .map(({ resolution: _, threshold = null, ...rates }) => ({ ...rates, threshold })),
      }
    }),
    failed_extractions: failed.length,
    failed: failed.slice(0, NAMED),
  }
}

/** Not as numbers: JSON would print the last as 1e-5. */
const RATES = ['0.1', '0.01', '0.001', '0.0001', '0.00001'] as const
