import { DomainError } from '../config/domain-error.js'
import { resizeBilinear } from './resize-bilinear.js'
import type { RgbImage } from './rgb-image.js'

/**
 * The size of a picture brought down to `resolution`: the shortest side becomes `resolution`, the longest keeps the aspect,
 * truncated to an integer as torchvision's `Resize` does (`int(resolution * long / short)`).
 * A picture whose shortest side is already at or below `resolution` keeps its size: degrading never enlarges.
 *
 * @param width in pixels, >= 1
 * @param height in pixels, >= 1
 * @param resolution of the shortest side in pixels, an integer >= 1
 * @throws DomainError IMAGE_SIZE_INVALID where `resolution` is not a positive integer
 */
export function degradedSize(width: number, height: number, resolution: number): { width: number; height: number } {
  if (!Number.isInteger(resolution) || resolution < 1) {
    throw new DomainError(
      'IMAGE_SIZE_INVALID',
      `The resolution must be an integer of at least 1 pixel, not ${resolution}.`,
      {
        resolution: String(resolution),
      },
    )
  }
  if (Math.min(width, height) <= resolution) return { width, height }
  return width <= height
    ? { width: resolution, height: Math.trunc((resolution * height) / width) }
    : { width: Math.trunc((resolution * width) / height), height: resolution }
}

/**
 * Brings a picture down to `resolution` pixels on its shortest side (bilinear, see {@link degradedSize} for the size).
 *
 * @returns the small picture, or `image` itself where it is that small already
 * @throws DomainError IMAGE_SIZE_INVALID
 */
export function downsample(image: RgbImage, resolution: number): RgbImage {
  const size = degradedSize(image.width, image.height, resolution)
  return resizeBilinear(image, size.width, size.height)
}

/**
 * Degrades a picture to what a camera would have kept of it at `resolution`: down to `resolution` pixels on the shortest side and
 * back up to its own size, both bilinear, so that its size stays and its detail goes.
 * Source: Massoli, Amato, Falchi, "Cross-Resolution Learning for Face Recognition" (2020), section 5.
 *
 * @returns a picture of the size of `image`, or `image` itself where its shortest side is <= `resolution`
 * @throws DomainError IMAGE_SIZE_INVALID
 */
export function degrade(image: RgbImage, resolution: number): RgbImage {
  return resizeBilinear(downsample(image, resolution), image.width, image.height)
}
