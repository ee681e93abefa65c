import { crop } from '../image/crop.js'
import { resizeBilinear } from '../image/resize-bilinear.js'
import type { RgbImage } from '../image/rgb-image.js'
import { type Affine, invertAffine, scaleOf, transformPoint } from './similarity-transform.js'

/**
 * A warp that shrinks below this scale goes through the anti-aliasing resize first, down to about the target's scale: four neighbours
 * of a pixel no longer cover what it stands for.
 */
const SHRINK_BELOW = 0.7

/**
 * Warps a picture: `matrix` says where a point of the source lies in the target (see Point: centres of pixels are at halves).
 * Bilinear; what lies outside the source is black and fades in over one pixel. Strong shrinking is anti-aliased.
 *
 * @param matrix source to target, in pixels; must have an inverse
 * @param width of the target in pixels, an integer >= 1
 * @param height of the target in pixels, an integer >= 1
 * @returns a new picture of `width` x `height`
 * @throws DomainError FACE_LANDMARKS_DEGENERATE where the matrix has no inverse
 */
export function warpAffine(image: RgbImage, matrix: Affine, width: number, height: number): RgbImage {
  const scale = scaleOf(matrix)
  if (scale >= SHRINK_BELOW) return sample(image, matrix, width, height)
  const region = sourceRegion(image, matrix, width, height, scale)
  if (region === undefined) return { width, height, data: new Uint8Array(width * height * 3) }
  const smallWidth = Math.max(1, Math.round(region.width * scale))
  const smallHeight = Math.max(1, Math.round(region.height * scale))
  const small = resizeBilinear(crop(image, region), smallWidth, smallHeight)
  const [a, b, c, d, e, f] = matrix
  const pixelWidth = region.width / smallWidth
  const pixelHeight = region.height / smallHeight
  const fromSmall: Affine = [
    a * pixelWidth,
    b * pixelHeight,
    a * region.left + b * region.top + c,
    d * pixelWidth,
    e * pixelHeight,
    d * region.left + e * region.top + f,
  ]
  return sample(small, fromSmall, width, height)
}

/** The part of the source that the target shows, with room for the filter; undefined where it shows nothing of it. */
function sourceRegion(image: RgbImage, matrix: Affine, width: number, height: number, scale: number) {
  const inverse = invertAffine(matrix)
  const corners = [
    transformPoint(inverse, { x: 0, y: 0 }),
    transformPoint(inverse, { x: width, y: 0 }),
    transformPoint(inverse, { x: 0, y: height }),
    transformPoint(inverse, { x: width, y: height }),
  ]
  const room = 2 / scale
  const left = Math.max(0, Math.floor(Math.min(...corners.map(({ x }) => x)) - room))
  const top = Math.max(0, Math.floor(Math.min(...corners.map(({ y }) => y)) - room))
  const right = Math.min(image.width, Math.ceil(Math.max(...corners.map(({ x }) => x)) + room))
  const bottom = Math.min(image.height, Math.ceil(Math.max(...corners.map(({ y }) => y)) + room))
  return left < right && top < bottom ? { left, top, width: right - left, height: bottom - top } : undefined
}

function sample(image: RgbImage, matrix: Affine, width: number, height: number): RgbImage {
  const [a, b, c, d, e, f] = invertAffine(matrix)
  const source = image.data
  const stride = image.width * 3
  const data = new Uint8Array(width * height * 3)
  let target = 0
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++, target += 3) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c - 0.5
      const y = d * (column + 0.5) + e * (row + 0.5) + f - 0.5
      const left = Math.floor(x)
      const top = Math.floor(y)
      if (left < -1 || top < -1 || left >= image.width || top >= image.height) continue
      const right = x - left
      const down = y - top
      let topLeft = (1 - right) * (1 - down)
      let topRight = right * (1 - down)
      let bottomLeft = (1 - right) * down
      let bottomRight = right * down
      let at = top * stride + left * 3
      let across = 3
      let below = stride
      // At the border a neighbour outside counts as black: weight 0, read from a pixel inside.
      if (left < 0) {
        topLeft = bottomLeft = 0
        at += 3
        across = 0
      } else if (left === image.width - 1) {
        topRight = bottomRight = 0
        across = 0
      }
      if (top < 0) {
        topLeft = topRight = 0
        at += stride
        below = 0
      } else if (top === image.height - 1) {
        bottomLeft = bottomRight = 0
        below = 0
      }
      for (let channel = 0; channel < 3; channel++, at++) {
        data[target + channel] =
          topLeft * source[at]! +
          topRight * source[at + across]! +
          bottomLeft * source[at + below]! +
          bottomRight * source[at + across + below]! +
          0.5
      }
    }
  }
  return { width, height, data }
}
