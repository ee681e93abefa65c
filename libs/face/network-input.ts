import type { Tensor } from '../engine/engine.js'
import { crop } from '../image/crop.js'
import { resizeBilinear } from '../image/resize-bilinear.js'
import type { RgbImage } from '../image/rgb-image.js'

/** What a network makes of a pixel: (value - mean) * scale for each channel, in its order of colours. */
export interface PixelPreparation {
  readonly colour: 'RGB' | 'BGR'
  /** In the order of `colour`, 0..255. */
  readonly mean: readonly [number, number, number]
  readonly scale: number
}

/**
 * Pictures of one size as a network's input.
 * @returns a tensor [images, 3, height, width]
 */
export function imageTensor(images: readonly RgbImage[], preparation: PixelPreparation): Tensor {
  const { width = 0, height = 0 } = images[0] ?? {}
  const plane = width * height
  const data = new Float32Array(images.length * 3 * plane)
  const { mean, scale } = preparation
  for (const [n, { data: source }] of images.entries()) {
    for (let channel = 0; channel < 3; channel++) {
      const from = preparation.colour === 'RGB' ? channel : 2 - channel
      const target = (n * 3 + channel) * plane
      const offset = mean[channel]!
      for (let i = 0; i < plane; i++) data[target + i] = (source[i * 3 + from]! - offset) * scale
    }
  }
  return { dims: [images.length, 3, height, width], data }
}

/** A picture made to fit a detector, and how many of its pixels a pixel of the source became. */
export interface FittedImage {
  readonly image: RgbImage
  readonly scaleX: number
  readonly scaleY: number
}

/**
 * Resizes a picture until its longest side has `longest` pixels, then pads it with black at the right and the bottom
 * until both sides are multiples of `multiple`. The place of a point in the source is its place in the result / scale.
 */
export function fitImage(image: RgbImage, longest: number, multiple: number): FittedImage {
  const scale = longest / Math.max(image.width, image.height)
  const width = Math.max(1, Math.round(image.width * scale))
  const height = Math.max(1, Math.round(image.height * scale))
  const padded = {
    left: 0,
    top: 0,
    width: Math.ceil(width / multiple) * multiple,
    height: Math.ceil(height / multiple) * multiple,
  }
  return {
    image: crop(resizeBilinear(image, width, height), padded),
    scaleX: width / image.width,
    scaleY: height / image.height,
  }
}
