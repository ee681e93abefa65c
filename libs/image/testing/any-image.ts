import fc from 'fast-check'
import type { RgbImage } from '../rgb-image.js'

/** Arbitrary pictures of 1 x 1 up to `maxSide` x `maxSide` pixels with arbitrary values, for property tests. */
export function anyImage(maxSide = 40): fc.Arbitrary<RgbImage> {
  const side = fc.integer({ min: 1, max: maxSide })
  return fc.tuple(side, side).chain(([width, height]) => {
    const length = width * height * 3
    return fc
      .uint8Array({ minLength: length, maxLength: length, size: 'max' })
      .map((data) => ({ width, height, data: Uint8Array.from(data) }))
  })
}
