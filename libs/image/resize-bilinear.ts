import { DomainError } from '../config/domain-error.js'
import type { RgbImage } from './rgb-image.js'

/** Fraction bits of a weight. Pillow: a 32-bit accumulator less 8 bits of sample and 2 bits of headroom. */
const PRECISION_BITS = 32 - 8 - 2
const ONE = 1 << PRECISION_BITS
const HALF = 1 << (PRECISION_BITS - 1)

/** The weights of a pass along one axis: output `i` is the sum of `counts[i]` inputs from `starts[i]` on. */
interface Taps {
  readonly starts: Int32Array
  readonly counts: Int32Array
  /** Fixed-point weights, `stride` an output. */
  readonly weights: Int32Array
  readonly stride: number
}

/**
 * Resizes to `width` x `height` pixels, bit for bit as `Image.resize((width, height), Image.BILINEAR)` of Pillow 11 does for 8-bit RGB.
 *
 * A triangle filter whose support widens with the scale when shrinking (so it anti-aliases), as two passes, horizontal
 * first, rounded to 8 bit in between; a side that stays the same is not filtered. Values stay within the range of the input.
 * The arithmetic follows Pillow's `src/libImaging/Resample.c`: without the same rounding, networks trained on pictures degraded
 * by Pillow would see other pixels here. (Pillow 13 turns the two passes round where the height shrinks much more than the width,
 * and so differs by one in single values there; published models were trained with the older order.)
 *
 * @param image any size of at least 1 x 1
 * @param width output width in pixels, an integer >= 1
 * @param height output height in pixels, an integer >= 1
 * @returns a new image, or `image` itself where the size stays the same
 * @throws DomainError IMAGE_SIZE_INVALID where a side is not a positive integer
 */
export function resizeBilinear(image: RgbImage, width: number, height: number): RgbImage {
  if (![width, height, image.width, image.height].every((side) => Number.isInteger(side) && side >= 1)) {
    throw new DomainError(
      'IMAGE_SIZE_INVALID',
      `Cannot resize ${image.width} x ${image.height} to ${width} x ${height}: every side must be an integer of at least 1 pixel.`,
      { width: String(width), height: String(height) },
    )
  }
  const wide = width === image.width ? image : resizeWidth(image, width)
  return height === image.height ? wide : resizeHeight(wide, height)
}

function resizeWidth(image: RgbImage, width: number): RgbImage {
  const { starts, counts, weights, stride } = triangleTaps(image.width, width)
  const source = image.data
  const data = new Uint8Array(width * image.height * 3)
  let target = 0
  for (let y = 0; y < image.height; y++) {
    const row = y * image.width * 3
    for (let x = 0; x < width; x++) {
      let red = HALF
      let green = HALF
      let blue = HALF
      let from = row + starts[x]! * 3
      const first = x * stride
      const end = first + counts[x]!
      for (let k = first; k < end; k++) {
        const weight = weights[k]!
        red = (red + Math.imul(weight, source[from]!)) | 0
        green = (green + Math.imul(weight, source[from + 1]!)) | 0
        blue = (blue + Math.imul(weight, source[from + 2]!)) | 0
        from += 3
      }
      data[target] = toByte(red)
      data[target + 1] = toByte(green)
      data[target + 2] = toByte(blue)
      target += 3
    }
  }
  return { width, height: image.height, data }
}

/** Adds up whole rows: memory is read in order, and the inner loop does not depend on the number of taps. */
function resizeHeight(image: RgbImage, height: number): RgbImage {
  const { starts, counts, weights, stride } = triangleTaps(image.height, height)
  const source = image.data
  const rowLength = image.width * 3
  const data = new Uint8Array(rowLength * height)
  const sums = new Int32Array(rowLength)
  for (let y = 0; y < height; y++) {
    sums.fill(HALF)
    let from = starts[y]! * rowLength
    const first = y * stride
    const end = first + counts[y]!
    for (let k = first; k < end; k++) {
      const weight = weights[k]!
      for (let i = 0; i < rowLength; i++) sums[i] = (sums[i]! + Math.imul(weight, source[from + i]!)) | 0
      from += rowLength
    }
    const target = y * rowLength
    for (let i = 0; i < rowLength; i++) data[target + i] = toByte(sums[i]!)
  }
  return { width: image.width, height, data }
}

/** The weights are never negative, so a sum can only leave the byte range upwards (by the rounding of very many weights). */
function toByte(sum: number): number {
  return Math.min(sum >> PRECISION_BITS, 255)
}

/** Weights are made anew for each pass: that costs microseconds, less than a cache would in care. */
function triangleTaps(inputSize: number, outputSize: number): Taps {
  const scale = inputSize / outputSize
  const support = Math.max(scale, 1)
  const stride = Math.ceil(support) * 2 + 1
  const starts = new Int32Array(outputSize)
  const counts = new Int32Array(outputSize)
  const weights = new Int32Array(outputSize * stride)
  const exact = new Float64Array(stride)
  // Pillow multiplies by the inverse; dividing would round differently.
  const inverse = 1 / support
  for (let i = 0; i < outputSize; i++) {
    const center = (i + 0.5) * scale
    const start = Math.max(Math.trunc(center - support + 0.5), 0)
    const count = Math.min(Math.trunc(center + support + 0.5), inputSize) - start
    let total = 0
    for (let k = 0; k < count; k++) {
      const weight = Math.max(1 - Math.abs((k + start - center + 0.5) * inverse), 0)
      exact[k] = weight
      total += weight
    }
    for (let k = 0; k < count; k++) weights[i * stride + k] = Math.trunc((exact[k]! / total) * ONE + 0.5)
    starts[i] = start
    counts[i] = count
  }
  return { starts, counts, weights, stride }
}
