import type { RgbImage } from '../../image/rgb-image.js'
import { BANDS, detailSpectrum, LEAST_SIDE } from './detail-spectrum.js'
import { BIAS, HIDDEN, HIDDEN_BIAS, INPUT_WEIGHTS, OUTPUT_WEIGHTS } from './estimator-weights.js'

/** Binary logarithm of the power in the strongest band from which a chip shows enough to be judged; faces have 2^9 and more. */
const LEAST_POWER = 6
/** What the estimator was fitted for, in pixels: below 7 px nothing is told apart, the smallest chips end at 112. */
export const RANGE = { low: 7, high: LEAST_SIDE }

/**
 * How far the estimate must lie below the picture's own size before it is believed, in octaves. Soft photographs look as if they had been
 * enlarged a little: at 1.5 octaves less than one sharp face of a hundred is taken for a smaller one (README.md has the figures).
 */
export const CAUTION_OCTAVES = 1.5

/** How many pixels of detail a face has. */
export interface EffectiveResolution {
  /** What to go by, in pixels: the estimate where it is far below `geometric`, else `geometric`. */
  readonly pixels: number
  /** What the chip looks like, in pixels, 7..112 and at most `geometric`; absent where it shows too little to be judged. */
  readonly estimate?: number
}

/**
 * Estimates from a face chip how many pixels its shortest side really shows: a face of 16 px enlarged to 128 must not pass for one of 128.
 * Noise is told from detail, blur counts as detail lost. A small neural network reads the chip's spectrum (see detailSpectrum); it was
 * fitted to faces of known resolution by scripts/fit-effective-resolution.mjs, and README.md states its error in octaves.
 *
 * @param chip RGB, upright, as the recognition network sees it. Chips below 112 px are not judged
 * @param geometric what the picture's size says: pixels of the source that the chip's shortest side shows, > 0
 */
export function effectiveResolution(chip: RgbImage, geometric: number): EffectiveResolution {
  if (Math.min(chip.width, chip.height) < LEAST_SIDE) return { pixels: geometric }
  const spectrum = detailSpectrum(chip)
  if (Math.max(...spectrum.subarray(0, BANDS)) < LEAST_POWER) return { pixels: geometric }
  const estimate = Math.min(geometric, Math.max(RANGE.low, Math.min(RANGE.high, 2 ** octavesOf(spectrum))))
  const believed = estimate * 2 ** CAUTION_OCTAVES < Math.min(geometric, RANGE.high)
  return { pixels: believed ? estimate : geometric, estimate }
}

/** One hidden layer of hyperbolic tangents. @returns the binary logarithm of the resolution in pixels */
function octavesOf(spectrum: Float64Array): number {
  let octaves = BIAS
  for (let unit = 0; unit < HIDDEN; unit++) {
    let sum = HIDDEN_BIAS[unit]!
    for (let i = 0; i < spectrum.length; i++) sum += INPUT_WEIGHTS[unit * spectrum.length + i]! * spectrum[i]!
    octaves += OUTPUT_WEIGHTS[unit]! * Math.tanh(sum)
  }
  return octaves
}
