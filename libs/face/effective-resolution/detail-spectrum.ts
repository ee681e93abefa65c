import type { RgbImage } from '../../image/rgb-image.js'
import { createFourier } from './fourier.js'

/** The smallest chip whose spectrum reaches the highest band. */
export const LEAST_SIDE = 112
const BANDS_AN_OCTAVE = 3
const LOWEST_FREQUENCY = 2
/** Of bands from 2 to 50.8 periods a chip: no further than the Nyquist frequency of the smallest chip. */
export const BANDS = 15
/** Rows, and columns, that are looked at. */
const LINES = 32
/** Below these powers there is nothing to be seen: about that of the rounding to whole grey levels, and of single steps between them. */
const FLOOR = { luma: 1 / 12, edges: 1 / 200 }

/**
 * What a chip shows at each scale, along rows and columns, in bands of a third of an octave. Frequencies are in periods a chip, so that
 * a face of `r` px has nothing of its own above `r / 2`, however large the chip is.
 *
 * First the power spectrum of the luma, which falls off where detail ends. Then that of the strength of its edges (the square root of
 * the difference between neighbours): enlarging leaves a pattern of the period of the pixels that it started from, most plainly where
 * pixels became squares (after Gallagher, "Detection of linear and cubic interpolation in JPEG compressed images", 2005).
 *
 * @param chip of at least LEAST_SIDE on both sides
 * @returns 2 x BANDS numbers: binary logarithms of mean power in squared grey levels (0..255), then in grey levels; lowest frequency first
 */
export function detailSpectrum(chip: RgbImage): Float64Array {
  const luma = lumaOf(chip)
  const { width, height } = chip
  const rows: Lines = { length: width, step: 1, lines: height, next: width }
  const columns: Lines = { length: height, step: width, lines: width, next: 1 }
  return Float64Array.from([
    ...bandPowers([linePower(luma, rows), linePower(luma, columns)], FLOOR.luma),
    ...bandPowers([edgePower(luma, rows), edgePower(luma, columns)], FLOOR.edges),
  ])
}

/** In the mean of the directions. */
function bandPowers(directions: readonly Spectrum[], floor: number): number[] {
  return Array.from({ length: BANDS }, (_, band) => {
    const frequency = LOWEST_FREQUENCY * 2 ** (band / BANDS_AN_OCTAVE)
    const powers = directions.map((spectrum) => Math.log2(floor + inBand(spectrum, frequency)))
    return powers.reduce((sum, power) => sum + power, 0) / powers.length
  })
}

/** ITU-R BT.601-2 luma. */
function lumaOf({ width, height, data }: RgbImage): Float64Array {
  const luma = new Float64Array(width * height)
  for (let i = 0, at = 0; i < luma.length; i++, at += 3) {
    luma[i] = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!
  }
  return luma
}

/** How rows or columns lie in the luma. */
interface Lines {
  readonly length: number
  /** From a pixel of a line to the next one of it. */
  readonly step: number
  readonly lines: number
  /** From a line to the next line. */
  readonly next: number
}

interface Spectrum {
  /** Periods a line between two values. */
  readonly spacing: number
  /** From frequency 0 to the Nyquist frequency. */
  readonly power: Float64Array
}

/**
 * The mean periodogram of LINES lines spread over the chip (neighbours say the same), each less its mean under a Hann window.
 * Source: Welch, "The use of fast Fourier transform for the estimation of power spectra" (1967).
 */
function linePower(values: Float64Array, { length, step, lines, next }: Lines): Spectrum {
  const size = 2 ** Math.ceil(Math.log2(length))
  const window = Float64Array.from({ length }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / length) ** 2)
  const fourier = createFourier(size)
  const power = new Float64Array(size / 2 + 1)
  const real = new Float64Array(size)
  const imaginary = new Float64Array(size)
  // Two real lines go through one complex transform: |X(k)|^2 + |X(-k)|^2 is twice the sum of their powers.
  for (let line = 0; line < LINES; line += 2) {
    windowed(values, Math.floor((line * lines) / LINES) * next, step, window, real)
    windowed(values, Math.floor(((line + 1) * lines) / LINES) * next, step, window, imaginary)
    fourier(real, imaginary)
    for (let k = 1; k < power.length; k++) {
      const mirror = size - k
      power[k]! += (real[k]! ** 2 + imaginary[k]! ** 2 + real[mirror]! ** 2 + imaginary[mirror]! ** 2) / 2
    }
  }
  const energy = window.reduce((sum, weight) => sum + weight ** 2, 0)
  return { spacing: length / size, power: power.map((sum) => sum / (LINES * energy)) }
}

/** A line has one edge less than it has pixels. */
function edgePower(luma: Float64Array, lines: Lines): Spectrum {
  const { step } = lines
  const edges = new Float64Array(luma.length)
  for (let at = 0; at + step < luma.length; at++) edges[at] = Math.sqrt(Math.abs(luma[at + step]! - luma[at]!))
  return linePower(edges, { ...lines, length: lines.length - 1 })
}

function windowed(values: Float64Array, from: number, step: number, window: Float64Array, line: Float64Array): void {
  let sum = 0
  let weights = 0
  for (let i = 0, at = from; i < window.length; i++, at += step) {
    sum += window[i]! * values[at]!
    weights += window[i]!
  }
  const mean = sum / weights
  line.fill(0)
  for (let i = 0, at = from; i < window.length; i++, at += step) line[i] = window[i]! * (values[at]! - mean)
}

/** Mean power around a frequency, weighted by a triangle over the logarithm of the frequency. */
function inBand({ spacing, power }: Spectrum, frequency: number): number {
  let sum = 0
  let weights = 0
  const reach = 2 ** (1 / BANDS_AN_OCTAVE)
  const last = Math.min(power.length - 1, Math.floor((frequency * reach) / spacing))
  for (let k = Math.max(1, Math.ceil(frequency / reach / spacing)); k <= last; k++) {
    const weight = 1 - Math.abs(Math.log2((k * spacing) / frequency)) * BANDS_AN_OCTAVE
    sum += weight * power[k]!
    weights += weight
  }
  return sum / weights
}
