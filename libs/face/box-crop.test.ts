import { describe, expect, it } from 'vitest'
import { resizeBilinear } from '../image/resize-bilinear.js'
import type { RgbImage } from '../image/rgb-image.js'
import { boxCrop } from './box-crop.js'

function ramp(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    data[i * 3] = i % width
    data[i * 3 + 1] = Math.floor(i / width)
  }
  return { width, height, data }
}

/** Reads the source place of a chip's centre off the ramp. */
function centreOf(chip: RgbImage): number[] {
  const at = ((chip.height >> 1) * chip.width + (chip.width >> 1)) * 3
  return [chip.data[at]!, chip.data[at + 1]!]
}

describe('boxCrop', () => {
  const wanted = { margin: 0.3, shortestSide: 64, size: 56 }

  it('grows the box around its centre and keeps the centre', () => {
    const chip = boxCrop(ramp(200, 200), { x: 60, y: 80, width: 40, height: 60 }, wanted)
    expect([chip.width, chip.height]).toEqual([56, 56])
    const [x, y] = centreOf(chip)
    expect(Math.abs(x! - 80)).toBeLessThanOrEqual(1)
    expect(Math.abs(y! - 110)).toBeLessThanOrEqual(1)
    // 40 * 1.3 = 52 px become 64, of which 56 show 45.5 px.
    expect(chip.data[(28 * 56 + 55) * 3]! - chip.data[28 * 56 * 3]!).toBeGreaterThanOrEqual(43)
    expect(chip.data[(28 * 56 + 55) * 3]! - chip.data[28 * 56 * 3]!).toBeLessThanOrEqual(46)
  })

  it('without a margin is a plain resize', () => {
    const image = ramp(100, 100)
    const chip = boxCrop(image, { x: 0, y: 0, width: 100, height: 100 }, { margin: 0, shortestSide: 30, size: 30 })
    expect(chip).toEqual(resizeBilinear(image, 30, 30))
  })

  it('ends at the border of the picture', () => {
    const chip = boxCrop(ramp(200, 200), { x: -30, y: -30, width: 80, height: 80 }, { ...wanted, size: 64 })
    // The grown box is -42 .. 62, so 0 .. 62 is shown: its centre is at 31.
    const [x, y] = centreOf(chip)
    expect(Math.abs(x! - 31)).toBeLessThanOrEqual(1)
    expect(Math.abs(y! - 31)).toBeLessThanOrEqual(1)
  })

  it('takes the middle of a long strip', () => {
    const chip = boxCrop(ramp(250, 3), { x: 0, y: 0, width: 250, height: 1 }, { margin: 0, shortestSide: 64, size: 64 })
    expect([chip.width, chip.height]).toEqual([64, 64])
    expect(Math.abs(centreOf(chip)[0]! - 125)).toBeLessThanOrEqual(1)
  })

  it.each([
    { x: 300, y: 0, width: 10, height: 10 },
    { x: -50, y: 0, width: 10, height: 10 },
    { x: 5, y: 5, width: 0, height: 0 },
    { x: Number.NaN, y: 5, width: 9, height: 9 },
  ])('refuses a box that shows nothing: %o', (box) => {
    expect(() => boxCrop(ramp(200, 200), box, wanted)).toThrow(expect.objectContaining({ reason: 'FACE_BOX_OUTSIDE' }))
  })
})
