import { describe, expect, it } from 'vitest'
import { byProminence } from './face-detector.js'
import { containment, intersectionOverUnion, nonMaximumSuppression } from './non-maximum-suppression.js'

const square = (x: number, side: number, score: number) => ({ box: { x, y: 0, width: side, height: side }, score })

describe('overlap', () => {
  it('is the shared part of the joint area', () => {
    expect(intersectionOverUnion(square(0, 10, 1).box, square(5, 10, 1).box)).toBeCloseTo(50 / 150, 12)
    expect(intersectionOverUnion(square(0, 10, 1).box, square(0, 10, 1).box)).toBe(1)
  })

  it('is nothing for boxes that only touch or have no area', () => {
    expect(intersectionOverUnion(square(0, 10, 1).box, square(10, 10, 1).box)).toBe(0)
    expect(intersectionOverUnion(square(3, 0, 1).box, square(3, 0, 1).box)).toBe(0)
  })

  it('counts a box within another as contained', () => {
    expect(containment(square(0, 10, 1).box, { x: 2, y: 2, width: 3, height: 3 })).toBe(1)
    expect(containment(square(0, 10, 1).box, square(5, 10, 1).box)).toBe(0.5)
  })
})

describe('nonMaximumSuppression', () => {
  it('keeps the best of each heap, best first', () => {
    const kept = nonMaximumSuppression(
      [square(0, 10, 0.5), square(1, 10, 0.9), square(40, 10, 0.7), square(2, 10, 0.6)],
      0.4,
    )
    expect(kept.map(({ box, score }) => [box.x, score])).toEqual([
      [1, 0.9],
      [40, 0.7],
    ])
  })

  it('does not let a dropped box drop others', () => {
    // The middle one overlaps both others by 0.43, which overlap each other by 0.11.
    const kept = nonMaximumSuppression([square(0, 10, 0.9), square(4, 10, 0.8), square(8, 10, 0.7)], 0.4)
    expect(kept.map(({ box }) => box.x)).toEqual([0, 8])
  })
})

it('orders by score and area', () => {
  const faces = [square(0, 10, 0.9), square(20, 30, 0.8), square(60, 31, 0.5)]
  expect(faces.toSorted(byProminence).map(({ box }) => box.x)).toEqual([20, 60, 0])
})
