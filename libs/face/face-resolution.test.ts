import { expect, it } from 'vitest'
import type { FivePoints } from './face.js'
import { chipResolution, cropResolution, faceResolution } from './face-resolution.js'
import { ARCFACE_TEMPLATE } from './templates.js'

it('of a face is the shortest side of its box', () => {
  expect(faceResolution({ x: 3, y: 4, width: 12.5, height: 20 })).toBe(12.5)
  expect(faceResolution({ x: 3, y: 4, width: 30, height: 20 })).toBe(20)
})

it('of a crop is its shortest side', () => {
  expect(cropResolution({ width: 31, height: 17, data: new Uint8Array(31 * 17 * 3) })).toBe(17)
})

it('of a chip is what it shows of the source', () => {
  const small = ARCFACE_TEMPLATE.points.map(({ x, y }) => ({ x: 9 + x / 7, y: 5 + y / 7 })) as unknown as FivePoints
  expect(chipResolution(small, ARCFACE_TEMPLATE)).toBeCloseTo(16, 9)
})
