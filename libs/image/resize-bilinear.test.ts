import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { degrade, degradedSize, downsample } from './degrade.js'
import { toGrey } from './grey.js'
import { resizeBilinear } from './resize-bilinear.js'
import type { RgbImage } from './rgb-image.js'
import { anyImage } from './testing/any-image.js'

interface Golden {
  sources: { name: string; width: number; height: number; pixels: string }[]
  resize: { source: string; width: number; height: number; pixels: string }[]
  degrade: { source: string; resolution: number; pixels: string }[]
  grey: { source: string; pixels: string }[]
  degradedSize: [width: number, height: number, resolution: number, toWidth: number, toHeight: number][]
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../../test/fixtures/pillow/golden-resize.json', import.meta.url), 'utf8'),
)
const unpack = (pixels: string) => new Uint8Array(inflateSync(Buffer.from(pixels, 'base64')))
const sources = new Map<string, RgbImage>(
  golden.sources.map(({ name, width, height, pixels }) => [name, { width, height, data: unpack(pixels) }]),
)

function largestDifference(image: Uint8Array, expected: Uint8Array): number {
  expect(image.length).toBe(expected.length)
  return image.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i]!)), 0)
}

describe('against Pillow', () => {
  it.each(golden.resize)('resizes $source to $width x $height to the bit', ({ source, width, height, pixels }) => {
    const resized = resizeBilinear(sources.get(source)!, width, height)
    expect([resized.width, resized.height]).toEqual([width, height])
    expect(largestDifference(resized.data, unpack(pixels))).toBe(0)
  })

  it.each(golden.degrade)('degrades $source to $resolution px to the bit', ({ source, resolution, pixels }) => {
    const image = sources.get(source)!
    const degraded = degrade(image, resolution)
    expect([degraded.width, degraded.height]).toEqual([image.width, image.height])
    expect(largestDifference(degraded.data, unpack(pixels))).toBe(0)
  })

  it.each(golden.grey)('greys $source to the bit', ({ source, pixels }) => {
    const luma = unpack(pixels)
    const expected = Uint8Array.from({ length: luma.length * 3 }, (_, i) => luma[Math.trunc(i / 3)]!)
    expect(largestDifference(toGrey(sources.get(source)!).data, expected)).toBe(0)
  })

  it('sizes every degraded picture as torchvision does', () => {
    const sizes = golden.degradedSize.map(([width, height, resolution]) => {
      const size = degradedSize(width, height, resolution)
      return [width, height, resolution, size.width, size.height]
    })
    expect(sizes).toEqual(golden.degradedSize)
  })
})

describe('for any picture', () => {
  const side = fc.integer({ min: 1, max: 40 })

  it('answers the size asked for and stays within the range of the input', () => {
    fc.assert(
      fc.property(anyImage(), side, side, (image, width, height) => {
        const resized = resizeBilinear(image, width, height)
        expect([resized.width, resized.height, resized.data.length]).toEqual([width, height, width * height * 3])
        expect(Math.min(...resized.data)).toBeGreaterThanOrEqual(Math.min(...image.data))
        expect(Math.max(...resized.data)).toBeLessThanOrEqual(Math.max(...image.data))
      }),
    )
  })

  it('keeps a constant picture constant', () => {
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        fc.integer({ min: 0, max: 255 }),
        (width, height, toWidth, toHeight, value) => {
          const image = { width, height, data: new Uint8Array(width * height * 3).fill(value) }
          expect(new Set(resizeBilinear(image, toWidth, toHeight).data)).toEqual(new Set([value]))
        },
      ),
    )
  })

  it('degrades without changing the size, and leaves what is small already', () => {
    fc.assert(
      fc.property(anyImage(), side, (image, resolution) => {
        const before = image.data.slice()
        const degraded = degrade(image, resolution)
        const small = downsample(image, resolution)
        expect([degraded.width, degraded.height, degraded.data.length]).toEqual([
          image.width,
          image.height,
          image.data.length,
        ])
        expect(Math.min(small.width, small.height)).toBe(Math.min(image.width, image.height, resolution))
        if (resolution >= Math.min(image.width, image.height)) expect(degraded).toBe(image)
        expect(image.data).toEqual(before)
      }),
    )
  })
})

describe('refuses', () => {
  const image = { width: 4, height: 4, data: new Uint8Array(48) }

  it.each([0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY])('a side of %d', (side) => {
    const refusal = expect.objectContaining({ reason: 'IMAGE_SIZE_INVALID' })
    expect(() => resizeBilinear(image, side, 4)).toThrow(refusal)
    expect(() => resizeBilinear(image, 4, side)).toThrow(refusal)
    expect(() => degrade(image, side)).toThrow(refusal)
  })

  it('an empty picture', () => {
    const empty = { width: 0, height: 4, data: new Uint8Array(0) }
    expect(() => resizeBilinear(empty, 4, 4)).toThrow(expect.objectContaining({ reason: 'IMAGE_SIZE_INVALID' }))
  })
})
