import type { Calibration } from '../models/model-card.js'
import { LINEAR_SCALE, LOG_SCALE, rateAt, scoreAt } from './rate-curve.js'

/** What a calibration says of one band of face resolution. */
export interface CalibratedBand {
  /** Upper edge in pixels; 0 is full resolution. */
  readonly resolution: number
  /** Comparisons of different subjects behind it. */
  readonly impostors: number
  /** @returns the false match rate of a threshold at this score, in [0, 1]: how often different people score as high or higher */
  fmrOfScore(score: number): number
  /**
   * @param fmr of one comparison, in (0, 1)
   * @returns the lowest threshold that meets it; undefined where none does
   */
  thresholdForFmr(fmr: number): number | undefined
  /** @returns the false non-match rate of a threshold, in [0, 1] */
  fnmrAt(threshold: number): number
}

/**
 * @param resolution face resolution in pixels; 0: unknown, which counts as full
 * @returns the band that holds it: that of the next edge upwards; undefined where the calibration has none that reaches so far
 */
export function calibratedBand({ bands }: Calibration, resolution: number): CalibratedBand | undefined {
  const edge = (pixels: number) => (pixels <= 0 ? Number.POSITIVE_INFINITY : pixels)
  const [band] = bands
    .filter((each) => each.curve.length > 0 && edge(each.resolution) >= edge(resolution))
    .sort((a, b) => (edge(a.resolution) < edge(b.resolution) ? -1 : 1))
  if (band === undefined) return undefined
  const matches = band.curve.map(({ score, fmr }) => ({ score, rate: fmr })).toReversed()
  const accepts = band.misses.map(({ score, fnmr }) => ({ score, rate: 1 - fnmr })).toReversed()
  return {
    resolution: band.resolution,
    impostors: band.impostors,
    fmrOfScore: (score) => rateAt(matches, score, LOG_SCALE),
    thresholdForFmr: (fmr) => scoreAt(matches, fmr, LOG_SCALE),
    fnmrAt: (threshold) => (accepts.length === 0 ? 0 : 1 - rateAt(accepts, threshold, LINEAR_SCALE)),
  }
}

/**
 * The false match rate that each comparison of a search must keep, for the search as a whole to keep a false positive identification
 * rate: 1 - (1 - FMR)^N = FPIR, for N independent comparisons. Those of one probe are not independent (a poor probe is like everybody,
 * templates of one subject are alike), which makes false positives come together and so in fewer searches: the true rate is at or below
 * the target.
 * Source: P. Grother, P. J. Phillips, "Models of large population recognition performance" (2004); ISO/IEC 19795-1:2021.
 * @param fpir in (0, 1)
 * @param templates in the gallery, each compared with the probe: with several a subject, all of them count; 0 counts as 1
 * @returns in (0, fpir]
 */
export function fmrForFpir(fpir: number, templates: number): number {
  // Exact where 1 - (1 - x) would lose all digits.
  return -Math.expm1(Math.log1p(-fpir) / Math.max(1, templates))
}
