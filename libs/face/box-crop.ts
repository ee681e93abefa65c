import { DomainError } from '../config/domain-error.js'
import { crop } from '../image/crop.js'
import { resizeBilinear } from '../image/resize-bilinear.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { Box } from './face.js'

/** How a network that knows no landmarks wants its face. */
export interface BoxCrop {
  /** Growth of the box as a share of each side, half of it to either end: 0.3 makes it 1.3 times as wide and high. */
  readonly margin: number
  /** The grown box is resized until its shortest side has this many pixels ... */
  readonly shortestSide: number
  /** ... and the square of this many pixels is cut out of its centre; at most `shortestSide`. */
  readonly size: number
}

/** Source: Cao et al., "VGGFace2" (2018), section 5: box extended by a factor of 0.3, shortest side 256, 224x224 crop. */
export const VGGFACE2_CROP: BoxCrop = { margin: 0.3, shortestSide: 256, size: 224 }

const LONGEST_ASPECT = 4

/**
 * Cuts out a face by its box alone. The grown box ends at the border of the picture, as it does in the data sets cropped this way.
 *
 * @param box in pixels of `image`
 * @returns a square picture of `wanted.size` pixels
 * @throws DomainError FACE_BOX_OUTSIDE where the box shows nothing of the picture
 */
export function boxCrop(image: RgbImage, box: Box, wanted: BoxCrop = VGGFACE2_CROP): RgbImage {
  const growX = (box.width * wanted.margin) / 2
  const growY = (box.height * wanted.margin) / 2
  const left = Math.max(0, Math.round(box.x - growX))
  const top = Math.max(0, Math.round(box.y - growY))
  const width = Math.min(image.width, Math.round(box.x + box.width + growX)) - left
  const height = Math.min(image.height, Math.round(box.y + box.height + growY)) - top
  if (!(width >= 1 && height >= 1)) {
    throw new DomainError(
      'FACE_BOX_OUTSIDE',
      `The face box (${box.x}, ${box.y}, ${box.width} x ${box.height}) shows nothing of the ${image.width} x ${image.height} picture: give it in pixels of this picture.`,
    )
  }
  // A square is cut out in the end: a longer strip than this would only cost memory (a 10,000 x 1 box would become 256 times that).
  const longest = Math.min(width, height) * LONGEST_ASPECT
  const keptWidth = Math.min(width, longest)
  const keptHeight = Math.min(height, longest)
  const face = crop(image, {
    left: left + ((width - keptWidth) >> 1),
    top: top + ((height - keptHeight) >> 1),
    width: keptWidth,
    height: keptHeight,
  })
  const shortest = Math.min(width, height)
  const resized = resizeBilinear(
    face,
    Math.trunc((keptWidth * wanted.shortestSide) / shortest),
    Math.trunc((keptHeight * wanted.shortestSide) / shortest),
  )
  return crop(resized, {
    left: Math.round((resized.width - wanted.size) / 2),
    top: Math.round((resized.height - wanted.size) / 2),
    width: wanted.size,
    height: wanted.size,
  })
}
