import { expect, it } from 'vitest'
import { faceBox, fivePoints, MIRRORED_68 } from './landmarks-68.js'

it('mirrors every point onto its partner and back', () => {
  expect(MIRRORED_68).toHaveLength(68)
  expect(MIRRORED_68.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 68 }, (_, i) => i))
  for (const [i, partner] of MIRRORED_68.entries()) expect(MIRRORED_68[partner]).toBe(i)
  // Outer corners of the eyes, corners of the mouth, and the points of the nose's ridge, which are their own partners.
  expect([MIRRORED_68[36], MIRRORED_68[48], MIRRORED_68[30], MIRRORED_68[8]]).toEqual([45, 54, 30, 8])
})

it('takes the middle of each eye, the tip of the nose and the corners of the mouth', () => {
  const points = Array.from({ length: 68 }, (_, i) => ({ x: i, y: 100 + i }))
  expect(fivePoints(points).map(({ x }) => x)).toEqual([38.5, 44.5, 30, 48, 54])
  expect(fivePoints(points)[0].y).toBe(138.5)
})

it('adds the forehead to what the points cover', () => {
  const points = [
    { x: 10, y: 126 },
    { x: 90, y: 200 },
  ]
  const { x, y, width, height } = faceBox(points)
  expect([x, width]).toEqual([10, 80])
  expect(height).toBeCloseTo(100, 9)
  expect(y).toBeCloseTo(100, 9)
})
