import { describe, expect, it } from 'vitest'
import { PRESETS } from '../models/presets.js'
import { PLAIN_VIEW } from './augment.js'
import { frameFace } from './frame-face.js'
import { jitterRoom, USUAL_JITTER } from './jitter-room.js'

const { input, crop } = PRESETS.mobilefacenet
const template = crop.kind === 'alignment' ? crop.template : []

/** The darkest pixel that the widest views show of a white chip with so much room around it. */
function darkest(room: number): number {
  const [width, height] = [input.width + 2 * room, input.height + 2 * room]
  const chip = { width, height, data: new Uint8Array(width * height * 3).fill(255) }
  const face = {
    box: { x: room, y: room, width: input.width, height: input.height },
    landmarks: template.map(([x, y]) => ({ x: x + room, y: y + room })),
  }
  const { rotation, scale, shift } = USUAL_JITTER
  const views = [-1, 1].flatMap((turn) =>
    [-1, 1].flatMap((x) =>
      [-1, 1].map((y) => ({
        ...PLAIN_VIEW,
        rotation: turn * rotation,
        scale: 1 - scale,
        shiftX: x * shift,
        shiftY: y * shift,
      })),
    ),
  )
  const shown = views.map((view) => frameFace(chip, face, { input, crop }, view).data)
  return Math.min(...shown.map((data) => data.reduce((least, value) => Math.min(least, value), 255)))
}

describe('jitterRoom', () => {
  it('is none where nothing moves, and what a shift or a turn alone needs', () => {
    expect(jitterRoom(input, { rotation: 0, scale: 0, shift: 0 })).toBe(0)
    expect(jitterRoom({ width: 100, height: 100 }, { rotation: 0, scale: 0, shift: 0.05 })).toBe(5)
    expect(jitterRoom({ width: 100, height: 200 }, { rotation: 90, scale: 0, shift: 0 })).toBe(50)
  })

  it('keeps black out of every corner of the widest views, which less room would not', () => {
    const room = jitterRoom(input, USUAL_JITTER)
    expect(darkest(room)).toBe(255)
    expect(darkest(room - 2)).toBeLessThan(255)
  })
})
