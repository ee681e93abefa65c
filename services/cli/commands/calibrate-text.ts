import type { CalibrationResult } from '../../evaluator/calibration/calibrate-model.js'
import { calibrationDocument } from '../../evaluator/calibration/calibration-document.js'
import type { RealisedRate } from '../../evaluator/calibration/check-calibration.js'
import { count, score, table } from '../output.js'

/** The targets in the table of the terminal; the document has all. */
const SHOWN = [1e-2, 1e-3]

/** @returns a table with a row for each band and target: the threshold, and what it came to on the subjects held out */
export function calibrationText(result: CalibrationResult): string {
  const { model, bands, subjects, check_subjects, failed_extractions, failed } = calibrationDocument(result)
  const rows = bands.flatMap(({ band, non_mated, checks }) =>
    checks
      .filter(({ target }) => SHOWN.includes(target))
      .map(({ target, threshold, fmr, fpir, fnmr }, i) => [
        i === 0 ? (band === 'full' ? 'full' : `${band} px`) : '',
        i === 0 ? String(non_mated) : '',
        String(target),
        threshold === null ? 'none' : score(threshold),
        percent(fmr),
        percent(fpir),
        percent(fnmr),
      ]),
  )
  const head = ['Band', 'Strangers', 'Target', 'Threshold', 'FMR, %', 'FPIR, %', 'FNMR, %']
  const [first] = failed
  return [
    table(head, rows),
    `${model} is calibrated: fitted on ${count(subjects, 'subject')}, the rates are of ${count(check_subjects, 'other subject')}.`,
    ...(first === undefined
      ? []
      : [`${count(failed_extractions, 'picture')} could not be used, e.g. ${first.image} (${first.reason}).`]),
  ].join('\n')
}

/** With the ends of the interval: "1.02 (0.87-1.31)". */
function percent({ value, low, high }: RealisedRate): string {
  if (Number.isNaN(value)) return ''
  const [shown, from, to] = [value, low, high].map((part) => Number((100 * part).toPrecision(3)))
  return `${shown} (${from}-${to})`
}
