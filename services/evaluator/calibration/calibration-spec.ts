import { RESOLUTION_BANDS } from '../../../libs/models/resolution-band.js'
import type { Faces } from '../features/picture-key.js'

/** What to calibrate, and on what; everything that decides the result. */
export interface CalibrationSpec {
  /** `models/{model}` or one of its versions. */
  readonly model: string
  /** A folder of subject folders. */
  readonly folder: string
  readonly faces: Faces
  /** Upper edges in pixels, each of RESOLUTION_BANDS or 0 for full resolution. */
  readonly bands: readonly number[]
  /** Share of the subjects that the thresholds are checked on and not fitted on, in (0, 1). */
  readonly checkShare: number
  /** Of the division of subjects and the choice of pictures, an integer >= 0. */
  readonly seed: number
  /** Of the bootstraps of the check, at most. */
  readonly replicates: number
}

/** Every band that decisions know. */
export const ALL_BANDS: readonly number[] = [...RESOLUTION_BANDS, 0]
/** Share held out for the check unless told otherwise. */
export const DEFAULT_CHECK_SHARE = 0.3

/** Smaller faces are not looked at. */
const LEAST_PIXELS = 5

/**
 * The resolutions that stand for a band: its lower end, its middle and its edge. A threshold that was fitted at the edge alone would be too
 * low for the rest of the band.
 * @param edge upper edge of a band of RESOLUTION_BANDS
 * @returns in pixels, rising
 */
export function bandResolutions(edge: number): readonly number[] {
  const below = bandBelow(edge)
  const lowest = Math.max(LEAST_PIXELS, below + 1)
  return [lowest, Math.round((lowest + edge) / 2), edge]
}

/** @returns the edge of the band below, in pixels; 0 for the lowest band. @param edge of a band; 0: the full one */
export function bandBelow(edge: number): number {
  const place = edge === 0 ? RESOLUTION_BANDS.length : ALL_BANDS.indexOf(edge)
  return RESOLUTION_BANDS[place - 1] ?? 0
}
