import type { RgbImage } from './rgb-image.js'

/**
 * Multiplies every value by `factor` (1 changes nothing, 0 is black), truncated and clipped to 0..255
 * as Pillow's `ImageEnhance.Brightness` does.
 *
 * @throws RangeError where `factor` is negative or not finite
 */
export function adjustBrightness(image: RgbImage, factor: number): RgbImage {
  if (!Number.isFinite(factor) || factor < 0) throw new RangeError(`A brightness factor is at least 0, not ${factor}.`)
  const table = Uint8Array.from({ length: 256 }, (_, value) => Math.min(Math.trunc(value * factor), 255))
  return { width: image.width, height: image.height, data: image.data.map((value) => table[value]!) }
}
