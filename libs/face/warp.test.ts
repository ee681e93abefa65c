import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resizeBilinear } from '../image/resize-bilinear.js'
import type { RgbImage } from '../image/rgb-image.js'
import { alignFace } from './align-face.js'
import type { FivePoints } from './face.js'
import { type Affine, transformPoint } from './similarity-transform.js'
import { ARCFACE_TEMPLATE } from './templates.js'
import { warpAffine } from './warp.js'

/** Red = 2x, green = 3y, blue = x + y: linear, so bilinear sampling is exact. */
function ramp(width: number, height: number): RgbImage {
  return paint(width, height, (x, y) => [2 * x, 3 * y, x + y])
}

function paint(width: number, height: number, colour: (x: number, y: number) => readonly number[]): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * 3)
  return { width, height, data }
}

describe('warpAffine', () => {
  it('with the identity returns the same pixels', () => {
    const image = ramp(37, 23)
    expect(warpAffine(image, [1, 0, 0, 0, 1, 0], 37, 23)).toEqual(image)
  })

  it('moves by whole pixels, black outside', () => {
    const image = ramp(20, 10)
    const moved = warpAffine(image, [1, 0, 5, 0, 1, -3], 20, 10)
    for (let y = 0; y < 10; y++) {
      for (let x = 0; x < 20; x++) {
        const inside = x >= 5 && y + 3 < 10
        const expected = inside ? [2 * (x - 5), 3 * (y + 3), x - 5 + y + 3] : [0, 0, 0]
        expect([...moved.data.subarray((y * 20 + x) * 3, (y * 20 + x) * 3 + 3)]).toEqual(expected)
      }
    }
  })

  it('rotates by a quarter turn', () => {
    const image = paint(3, 2, (x, y) => [10 * (y * 3 + x + 1), 0, 0])
    // Clockwise: (x, y) -> (2 - y, x).
    const turned = warpAffine(image, [0, -1, 2, 1, 0, 0], 2, 3)
    expect([...turned.data].filter((_, i) => i % 3 === 0)).toEqual([40, 10, 50, 20, 60, 30])
  })

  it('interpolates a linear ramp exactly, turned and scaled', () => {
    const image = ramp(80, 60)
    const matrix: Affine = [1.3, -0.4, 7, 0.4, 1.3, -11]
    const warped = warpAffine(image, matrix, 40, 40)
    let compared = 0
    for (let y = 5; y < 45; y += 4) {
      for (let x = 20; x < 45; x += 3) {
        const { x: u, y: v } = transformPoint(matrix, { x: x + 0.5, y: y + 0.5 })
        const column = Math.floor(u)
        const row = Math.floor(v)
        if (column < 0 || row < 0 || column >= 40 || row >= 40) continue
        compared++
        // One target pixel is at most 1.1 / 1.36 source pixels away from the mapped centre, times the slope of the ramp.
        expect(Math.abs(warped.data[(row * 40 + column) * 3]! - 2 * x)).toBeLessThanOrEqual(2)
        expect(Math.abs(warped.data[(row * 40 + column) * 3 + 1]! - 3 * y)).toBeLessThanOrEqual(3)
      }
    }
    expect(compared).toBeGreaterThan(20)
  })

  it('fades to black over the border pixel', () => {
    const white = paint(4, 4, () => [200, 200, 200])
    const { data } = warpAffine(white, [1, 0, 0.25, 0, 1, 0], 6, 1)
    expect([...data].filter((_, i) => i % 3 === 0)).toEqual([150, 200, 200, 200, 50, 0])
  })

  it.each([0.45, 0.25, 0.1])('shrinks by %f as the anti-aliasing resize does', (scale) => {
    const checks = paint(200, 160, (x, y) => ((x + y) % 2 ? [255, 255, 255] : [0, 0, 0]))
    const width = Math.round(200 * scale)
    const height = Math.round(160 * scale)
    const small = warpAffine(checks, [width / 200, 0, 0, 0, height / 160, 0], width, height)
    const resized = resizeBilinear(checks, width, height)
    const worst = small.data.reduce((most, value, i) => Math.max(most, Math.abs(value - resized.data[i]!)), 0)
    expect(worst).toBeLessThanOrEqual(4)
  })

  it('is all black where the target shows nothing of the source', () => {
    for (const scale of [1, 0.1]) {
      const { data } = warpAffine(ramp(10, 10), [scale, 0, 1e6, 0, scale, 1e6], 8, 8)
      expect(data).toEqual(new Uint8Array(8 * 8 * 3))
    }
  })

  it('never reads beside the picture: a grey picture stays between black and grey, whatever the matrix', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true })
    const side = fc.integer({ min: 1, max: 9 })
    fc.assert(
      fc.property(number, number, number, number, side, side, (a, b, c, f, width, height) => {
        fc.pre(Math.hypot(a, b) > 0.01)
        const grey = paint(width, height, () => [77, 77, 77])
        const { data } = warpAffine(grey, [a, -b, c, b, a, f], 7, 5)
        expect(data.every((value) => value <= 77)).toBe(true)
      }),
    )
  })

  it('refuses a matrix without an inverse', () => {
    expect(() => warpAffine(ramp(4, 4), [0, 0, 1, 0, 0, 1], 4, 4)).toThrow(
      expect.objectContaining({ reason: 'FACE_LANDMARKS_DEGENERATE' }),
    )
  })
})

describe('alignFace', () => {
  it('brings each landmark to its place in the template', () => {
    // A dot of its own colour on each landmark of a face turned by 30 degrees and twice the size.
    const cos = 2 * Math.cos(Math.PI / 6)
    const sin = 2 * Math.sin(Math.PI / 6)
    const landmarks = ARCFACE_TEMPLATE.points.map((point) =>
      transformPoint([cos, -sin, 150, sin, cos, 10], point),
    ) as unknown as FivePoints
    const image = paint(360, 360, (x, y) => {
      const nearest = landmarks.findIndex((point) => Math.hypot(point.x - x - 0.5, point.y - y - 0.5) < 7)
      return nearest < 0 ? [0, 0, 0] : [50 * (nearest + 1), 0, 0]
    })
    const chip = alignFace(image, landmarks, ARCFACE_TEMPLATE)
    expect([chip.width, chip.height]).toEqual([112, 112])
    for (const [i, { x, y }] of ARCFACE_TEMPLATE.points.entries()) {
      expect(chip.data[(Math.floor(y) * 112 + Math.floor(x)) * 3]).toBe(50 * (i + 1))
    }
  })

  it('shows the same face at any size of the picture', () => {
    const smooth = (scale: number) =>
      paint(200 * scale, 200 * scale, (x, y) => {
        const wave = Math.sin((x + 0.5) / scale / 9) * Math.cos((y + 0.5) / scale / 11)
        return [128 + 100 * wave, 128 - 100 * wave, 128]
      })
    const at = (scale: number) =>
      ARCFACE_TEMPLATE.points.map(({ x, y }) => ({ x: (x + 40) * scale, y: (y + 30) * scale })) as unknown as FivePoints
    const one = alignFace(smooth(1), at(1), ARCFACE_TEMPLATE)
    for (const scale of [2, 4]) {
      const other = alignFace(smooth(scale), at(scale), ARCFACE_TEMPLATE)
      const worst = other.data.reduce((most, value, i) => Math.max(most, Math.abs(value - one.data[i]!)), 0)
      expect(worst).toBeLessThanOrEqual(4)
    }
  })
})
