import type { CalibratedBand } from '../../libs/calibration/apply-calibration.js'
import type { Asked } from './decide.js'

/** What a calibrated threshold rests on. */
export interface ThresholdFacts {
  readonly band: CalibratedBand
  readonly asked: Asked
  /** Templates searched; undefined for a single comparison. */
  readonly templates: number | undefined
  /** Face resolution in pixels; 0: unknown. */
  readonly resolution: number
  /** What each comparison is held to. */
  readonly fmr: number
  /** What the threshold misses. */
  readonly fnmr: number
  /** Whether some threshold meets the rate. */
  readonly reached: boolean
  /** Whether it misses few enough. */
  readonly useful: boolean
}

/** @returns a rate with two digits, as people read it: 0.45, 0.0033, 3.3e-7 */
export const describeRate = (rate: number): string =>
  rate !== 0 && rate < 1e-4 ? rate.toExponential(1) : String(Number(rate.toPrecision(2)))

/** @returns where a threshold is from, or why there is none, for people */
export function calibratedText(facts: ThresholdFacts): string {
  const { band, asked, templates, resolution, fmr, fnmr, reached, useful } = facts
  const size = band.resolution === 0 ? 'full resolution' : `faces of up to ${band.resolution} px`
  const goal =
    asked.$case === 'targetFpir' && templates !== undefined
      ? `FPIR ${describeRate(asked.value)} over ${templates} templates, so FMR ${describeRate(fmr)} each`
      : `FMR ${describeRate(fmr)}`
  const unknown = resolution === 0 ? ' The resolution is not known and was taken as full: state true_resolution.' : ''
  if (!reached) {
    return `At ${size} no threshold keeps ${goal}: take a sharper picture, or a higher rate.${unknown}`
  }
  const missed = `${describeRate(fnmr)} of the same people are missed`
  if (!useful) {
    return `At ${size} the threshold for ${goal} is of no use, for ${missed}: take a sharper picture, or a higher rate.${unknown}`
  }
  const beyond =
    fmr * band.impostors < 1 ? `, extrapolated beyond the ${band.impostors} comparisons it was fitted on` : ''
  return `Calibrated for ${size}: ${goal}; ${missed}${beyond}.${unknown}`
}
