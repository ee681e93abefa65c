import { expect, it } from 'vitest'
import { meanPoint } from './face.js'
import { ARCFACE_TEMPLATE, dlibChipTemplate } from './templates.js'

it('puts the mean face of dlib into the chip with its padding', () => {
  const { points, width, height } = dlibChipTemplate(150, 0.25)
  expect([width, height]).toEqual([150, 150])
  // (0.25 + p) / 1.5 * 150 = 25 + 100 p
  expect(points[0].x).toBeCloseTo(25 + 22.549183, 5)
  expect(points[2].x).toBeCloseTo(25 + 49.0127, 6)
  expect(points[2].y).toBeCloseTo(25 + 51.5625, 6)
  expect(points[4].y).toBeCloseTo(25 + 78.0233, 6)
  expect(meanPoint([points[0], points[1]]).x).toBeCloseTo(points[2].x, 3)
})

it('scales with size and padding', () => {
  const tight = dlibChipTemplate(300, 0).points
  expect(tight[3].x).toBeCloseTo(300 * 0.254149, 6)
})

it('knows left from right in every template', () => {
  for (const { points } of [ARCFACE_TEMPLATE, dlibChipTemplate()]) {
    const [leftEye, rightEye, nose, leftMouth, rightMouth] = points
    expect(leftEye.x).toBeLessThan(nose.x)
    expect(nose.x).toBeLessThan(rightEye.x)
    expect(leftMouth.x).toBeLessThan(rightMouth.x)
    expect(nose.y).toBeLessThan(leftMouth.y)
    expect(rightEye.y).toBeLessThan(nose.y)
  }
})
