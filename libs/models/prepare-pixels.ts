import { DomainError } from '../config/domain-error.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { ModelInput } from './model-card.js'

/**
 * Writes a picture into a batch the way the network wants it: (pixel - mean) * scale by channel, in the card's layout.
 * @param image of exactly the input's size
 * @param target the batch; `width * height * 3` values are written
 * @param offset where the picture begins in `target`
 * @throws DomainError CHIP_SIZE_MISMATCH
 */
export function preparePixels(image: RgbImage, input: ModelInput, target: Float32Array, offset: number): void {
  if (image.width !== input.width || image.height !== input.height) {
    throw new DomainError(
      'CHIP_SIZE_MISMATCH',
      `The network takes ${input.width} x ${input.height} pixels, not ${image.width} x ${image.height}.`,
    )
  }
  const { data } = image
  const pixels = image.width * image.height
  const [stride, plane] = input.layout === 'NCHW' ? [1, pixels] : [3, 1]
  for (let channel = 0; channel < 3; channel++) {
    const values = valuesOfPixels(input.mean[channel] as number, input.scale[channel] as number)
    let to = offset + channel * plane
    for (let from = input.colourOrder === 'RGB' ? channel : 2 - channel; from < data.length; from += 3) {
      target[to] = values[data[from] as number] as number
      to += stride
    }
  }
}

/** A pixel has 256 values only: looking them up is several times as fast as computing each. */
function valuesOfPixels(mean: number, scale: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, pixel) => (pixel - mean) * scale)
}
