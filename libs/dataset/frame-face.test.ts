import { describe, expect, it } from 'vitest'
import { alignFace } from '../face/align-face.js'
import { boxCrop, VGGFACE2_CROP } from '../face/box-crop.js'
import type { FivePoints } from '../face/face.js'
import { ARCFACE_TEMPLATE } from '../face/templates.js'
import { degrade } from '../image/degrade.js'
import { flipHorizontal } from '../image/flip.js'
import { toGrey } from '../image/grey.js'
import { resizeBilinear } from '../image/resize-bilinear.js'
import type { RgbImage } from '../image/rgb-image.js'
import { PRESETS } from '../models/presets.js'
import { PLAIN_VIEW } from './augment.js'
import { frameFace } from './frame-face.js'
import { samplePicture } from './testing/sample-faces.js'

const LANDMARKS: FivePoints = [
  { x: 70, y: 82 },
  { x: 121, y: 86 },
  { x: 95, y: 110 },
  { x: 71, y: 135 },
  { x: 116, y: 138 },
]
const FACE = { box: { x: 50, y: 52, width: 90, height: 110 }, landmarks: LANDMARKS }
const picture = samplePicture(3, 190, 200)
const aligned = PRESETS.mobilefacenet
const margin = PRESETS['vggface2-se-resnet-50']

/** Mean absolute difference of the inner pixels: the border of a warp fades to black. */
function difference(a: RgbImage, b: RgbImage, border = 4): number {
  let sum = 0
  let count = 0
  for (let y = border; y < a.height - border; y++) {
    for (let i = (y * a.width + border) * 3; i < ((y + 1) * a.width - border) * 3; i++, count++) {
      sum += Math.abs((a.data[i] as number) - (b.data[i] as number))
    }
  }
  return sum / count
}

describe('frameFace', () => {
  const plainAligned = alignFace(picture, LANDMARKS, ARCFACE_TEMPLATE)

  it('gives the chip that is embedded, for each way of framing', () => {
    expect(frameFace(picture, FACE, aligned, PLAIN_VIEW)).toEqual(plainAligned)
    expect(frameFace(picture, FACE, margin, PLAIN_VIEW)).toEqual(boxCrop(picture, FACE.box, VGGFACE2_CROP))
    expect(frameFace(picture, undefined, margin, PLAIN_VIEW)).toEqual(resizeBilinear(picture, 224, 224))
    expect(frameFace(picture, { ...FACE, landmarks: [] }, aligned, PLAIN_VIEW)).toEqual(
      resizeBilinear(picture, 112, 112),
    )
  })

  it.each([
    ['aligned', FACE, aligned],
    ['by box', FACE, margin],
    ['by a box at the border', { ...FACE, box: { x: -5, y: -9, width: 90, height: 110 } }, margin],
    ['whole', undefined, margin],
  ] as const)('moves a face framed %s from where the plain chip has it', (_, face, preparation) => {
    const plain = frameFace(picture, face, preparation, PLAIN_VIEW)
    const hardly = frameFace(picture, face, preparation, { ...PLAIN_VIEW, rotation: 1e-6 })
    expect(difference(plain, hardly)).toBeLessThan(2)
    const flipped = frameFace(picture, face, preparation, { ...PLAIN_VIEW, flip: true })
    expect(difference(flipHorizontal(hardly), flipped)).toBeLessThan(0.1)
    const shifted = frameFace(picture, face, preparation, { ...PLAIN_VIEW, shiftX: 8 / 112 })
    expect(difference(plain, shifted)).toBeGreaterThan(5)
  })

  it('shifts, scales and turns about the centre of the chip', () => {
    const shifted = frameFace(picture, FACE, aligned, { ...PLAIN_VIEW, shiftX: 10 / 112, shiftY: -5 / 112 })
    const at = (image: RgbImage, x: number, y: number) => image.data[(y * image.width + x) * 3] as number
    expect(Math.abs(at(shifted, 60, 50) - at(plainAligned, 50, 55))).toBeLessThanOrEqual(1)
    const turned = frameFace(picture, FACE, aligned, { ...PLAIN_VIEW, rotation: 90 })
    // Clockwise: what was above the centre is to its right.
    expect(Math.abs(at(turned, 111 - 30, 50) - at(plainAligned, 50, 30))).toBeLessThanOrEqual(1)
    const grown = frameFace(picture, FACE, aligned, { ...PLAIN_VIEW, scale: 1.25 })
    const centre = resizeBilinear(plainAligned, 140, 140)
    const cut = { width: 112, height: 112, data: new Uint8Array(112 * 112 * 3) }
    for (let y = 0; y < 112; y++) {
      cut.data.set(centre.data.subarray(((y + 14) * 140 + 14) * 3, ((y + 14) * 140 + 126) * 3), y * 336)
    }
    expect(difference(cut, grown)).toBeLessThan(3)
  })

  it('degrades what has more pixels than asked for, and greys', () => {
    const view = { ...PLAIN_VIEW, resolution: 16 }
    expect(frameFace(picture, FACE, aligned, view)).toEqual(degrade(plainAligned, 16))
    expect(frameFace(picture, FACE, aligned, { ...view, grey: true })).toEqual(toGrey(degrade(plainAligned, 16)))
    const small = resizeBilinear(picture, 19, 20)
    const smallFace = { ...FACE, landmarks: LANDMARKS.map(({ x, y }) => ({ x: x / 10, y: y / 10 })) }
    expect(frameFace(small, smallFace, aligned, view)).toEqual(frameFace(small, smallFace, aligned, PLAIN_VIEW))
  })

  it('refuses landmarks that are no face', () => {
    const nowhere = { ...FACE, landmarks: LANDMARKS.map(() => ({ x: 1, y: 1 })) }
    expect(() => frameFace(picture, nowhere, aligned, PLAIN_VIEW)).toThrow(
      expect.objectContaining({ reason: 'FACE_LANDMARKS_DEGENERATE' }),
    )
  })
})
