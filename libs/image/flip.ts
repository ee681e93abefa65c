import type { RgbImage } from './rgb-image.js'

/** The mirror image: left becomes right. */
export function flipHorizontal(image: RgbImage): RgbImage {
  const { width, height, data: source } = image
  const data = new Uint8Array(source.length)
  let target = 0
  for (let y = 0; y < height; y++) {
    for (let from = ((y + 1) * width - 1) * 3; target < (y + 1) * width * 3; from -= 3) {
      data[target++] = source[from]!
      data[target++] = source[from + 1]!
      data[target++] = source[from + 2]!
    }
  }
  return { width, height, data }
}
