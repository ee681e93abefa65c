import sharp from 'sharp'
import type { RgbImage } from './rgb-image.js'

/** The picture as a PNG file, without loss. */
export async function encodePng(image: RgbImage): Promise<Uint8Array> {
  return new Uint8Array(await fromPixels(image).png().toBuffer())
}

/**
 * The picture as a JPEG file of `quality` 1..100.
 * Colour keeps its full resolution (4:4:4): halving it, as is usual, would take from faces of few pixels what they have left.
 */
export async function encodeJpeg(image: RgbImage, quality: number): Promise<Uint8Array> {
  return new Uint8Array(await fromPixels(image).jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer())
}

function fromPixels({ width, height, data }: RgbImage) {
  return sharp(data, { raw: { width, height, channels: 3 } })
}
