import type { Tensor } from '../engine/engine.js'
import { crop } from '../image/crop.js'
import { resizeBilinear } from '../image/resize-bilinear.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { ModelInput } from '../models/model-card.js'
import { preparePixels } from '../models/prepare-pixels.js'

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
  const { colour, mean, scale } = preparation
  const input: ModelInput = {
    width,
    height,
    colourOrder: colour,
    mean: [...mean],
    scale: [scale, scale, scale],
    layout: 'NCHW',
  }
  const length = 3 * width * height
  const data = new Float32Array(images.length * length)
  for (const [n, image] of images.entries()) preparePixels(image, input, data, n * length)
  return { dims: [images.length, 3, height, width], data }
}

/** Resizes a picture, up or down, until its longest side has `longest` pixels. */
export function resizeToLongest(image: RgbImage, longest: number): RgbImage {
  const scale = longest / Math.max(image.width, image.height)
  return resizeBilinear(
    image,
    Math.max(1, Math.round(image.width * scale)),
    Math.max(1, Math.round(image.height * scale)),
  )
}

/** Pads a picture with black at the right and the bottom, where it moves no point, until its sides are multiples of `multiple`. */
export function padToMultiple(image: RgbImage, multiple: number): RgbImage {
  const width = Math.ceil(image.width / multiple) * multiple
  const height = Math.ceil(image.height / multiple) * multiple
  return width === image.width && height === image.height ? image : crop(image, { left: 0, top: 0, width, height })
}
