import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjustBrightness } from './adjust-brightness.js'
import { crop } from './crop.js'
import { flipHorizontal } from './flip.js'
import { toGrey } from './grey.js'
import { anyImage } from './testing/any-image.js'

/** Two rows of three pixels; the value names row and column: 11 12 13 / 21 22 23. */
const image = {
  width: 3,
  height: 2,
  data: Uint8Array.from([11, 12, 13, 21, 22, 23].flatMap((value) => [value, value + 100, value + 200])),
}
const reds = (data: Uint8Array) => Array.from(data).filter((_, i) => i % 3 === 0)

describe('flipHorizontal', () => {
  it('turns left to right and keeps the channels in order', () => {
    const flipped = flipHorizontal(image)
    expect(reds(flipped.data)).toEqual([13, 12, 11, 23, 22, 21])
    expect(Array.from(flipped.data.subarray(0, 3))).toEqual([13, 113, 213])
  })

  it('undoes itself', () => {
    fc.assert(
      fc.property(anyImage(), (any) => {
        expect(flipHorizontal(flipHorizontal(any))).toEqual(any)
      }),
    )
  })
})

describe('crop', () => {
  it('cuts out a box', () => {
    const cut = crop(image, { left: 1, top: 1, width: 2, height: 1 })
    expect(cut).toEqual({ width: 2, height: 1, data: Uint8Array.from([22, 122, 222, 23, 123, 223]) })
  })

  it('is black outside the picture', () => {
    const cut = crop(image, { left: -1, top: -1, width: 5, height: 4 })
    expect(reds(cut.data)).toEqual([0, 0, 0, 0, 0, 0, 11, 12, 13, 0, 0, 21, 22, 23, 0, 0, 0, 0, 0, 0])
  })

  it.each([
    { left: 3, top: 0 },
    { left: -2, top: 0 },
    { left: 0, top: 2 },
    { left: 0, top: -2 },
    { left: 1000, top: 1000 },
  ])('is all black wholly outside, at $left, $top', (corner) => {
    expect(reds(crop(image, { ...corner, width: 2, height: 2 }).data)).toEqual([0, 0, 0, 0])
  })

  it('of the whole picture is the picture', () => {
    fc.assert(
      fc.property(anyImage(), (any) => {
        expect(crop(any, { left: 0, top: 0, width: any.width, height: any.height })).toEqual(any)
      }),
    )
  })

  it.each([
    { left: 0.5, top: 0, width: 1, height: 1 },
    { left: 0, top: 0, width: 0, height: 1 },
    { left: 0, top: 0, width: 1, height: -1 },
    { left: Number.NaN, top: 0, width: 1, height: 1 },
  ])('refuses the box %o', (box) => {
    expect(() => crop(image, box)).toThrow(expect.objectContaining({ reason: 'IMAGE_SIZE_INVALID' }))
  })
})

describe('adjustBrightness', () => {
  it('multiplies and clips', () => {
    const one = { width: 1, height: 1, data: Uint8Array.from([10, 101, 200]) }
    expect(Array.from(adjustBrightness(one, 1.5).data)).toEqual([15, 151, 255])
    expect(Array.from(adjustBrightness(one, 0).data)).toEqual([0, 0, 0])
  })

  it('by 1 changes nothing', () => {
    fc.assert(
      fc.property(anyImage(), (any) => {
        expect(adjustBrightness(any, 1)).toEqual(any)
      }),
    )
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (factor) => {
    expect(() => adjustBrightness(image, factor)).toThrow(RangeError)
  })
})

describe('toGrey', () => {
  it('weighs red, green and blue as BT.601 does and keeps grey as it is', () => {
    const colours = { width: 4, height: 1, data: Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 77, 77, 77]) }
    expect(reds(toGrey(colours).data)).toEqual([76, 150, 29, 77])
  })

  it('is the same a second time', () => {
    fc.assert(
      fc.property(anyImage(), (any) => {
        expect(toGrey(toGrey(any))).toEqual(toGrey(any))
      }),
    )
  })
})
