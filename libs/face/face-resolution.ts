import type { RgbImage } from '../image/rgb-image.js'
import type { Box } from './face.js'

/**
 * How many pixels a face has, the measure that thresholds and bands go by: the shortest side of its box in pixels of the source
 * picture. A face enlarged before it came here measures too high: only the caller can know, and may state a lower one.
 */
export function faceResolution(box: Box): number {
  return Math.min(box.width, box.height)
}

/** The same for a picture that is all face (a crop): its shortest side in pixels. */
export function cropResolution(image: RgbImage): number {
  return Math.min(image.width, image.height)
}
