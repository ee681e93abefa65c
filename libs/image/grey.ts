import type { RgbImage } from './rgb-image.js'

/**
 * The luma of a picture in all three channels, so that it stays an RGB picture.
 * Bit for bit as Pillow's `convert('L')`: ITU-R BT.601-2 luma, 0.299 R + 0.587 G + 0.114 B, in 16-bit fixed point.
 */
export function toGrey(image: RgbImage): RgbImage {
  const source = image.data
  const data = new Uint8Array(source.length)
  for (let i = 0; i < source.length; i += 3) {
    const luma = (source[i]! * 19595 + source[i + 1]! * 38470 + source[i + 2]! * 7471 + 0x8000) >> 16
    data[i] = luma
    data[i + 1] = luma
    data[i + 2] = luma
  }
  return { width: image.width, height: image.height, data }
}
