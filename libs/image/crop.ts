import { DomainError } from '../config/domain-error.js'
import type { RgbImage } from './rgb-image.js'

/** A rectangle in integer pixels; it may reach outside the picture. */
export interface PixelBox {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * Cuts a box out of a picture. What lies outside the picture is black, as in Pillow's `Image.crop`:
 * a face at the border keeps its place and scale in the box.
 *
 * @returns a new picture of `box.width` x `box.height`
 * @throws DomainError IMAGE_SIZE_INVALID where the box is not of integers or has no area
 */
export function crop(image: RgbImage, box: PixelBox): RgbImage {
  const { left, top, width, height } = box
  if (![left, top, width, height].every(Number.isSafeInteger) || width < 1 || height < 1) {
    throw new DomainError(
      'IMAGE_SIZE_INVALID',
      `Cannot crop ${width} x ${height} pixels at (${left}, ${top}): a box has integer corners and at least 1 x 1 pixels.`,
      { left: String(left), top: String(top), width: String(width), height: String(height) },
    )
  }
  const data = new Uint8Array(width * height * 3)
  const fromX = Math.max(left, 0)
  const toX = Math.min(left + width, image.width)
  const fromY = Math.max(top, 0)
  const toY = Math.min(top + height, image.height)
  if (fromX < toX) {
    for (let y = fromY; y < toY; y++) {
      const row = image.data.subarray((y * image.width + fromX) * 3, (y * image.width + toX) * 3)
      data.set(row, ((y - top) * width + (fromX - left)) * 3)
    }
  }
  return { width, height, data }
}
