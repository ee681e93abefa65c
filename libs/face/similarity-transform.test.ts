import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Point } from './face.js'
import { invertAffine, similarityTransform, transformPoint } from './similarity-transform.js'
import { ARCFACE_TEMPLATE, dlibChipTemplate } from './templates.js'

const face = ARCFACE_TEMPLATE.points

describe('similarityTransform', () => {
  it('recovers any rotation, scale and translation exactly', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
        fc.double({ min: 0.05, max: 20, noNaN: true }),
        fc.double({ min: -5000, max: 5000, noNaN: true }),
        fc.double({ min: -5000, max: 5000, noNaN: true }),
        (angle, scale, dx, dy) => {
          const a = scale * Math.cos(angle)
          const b = scale * Math.sin(angle)
          const moved = face.map((point) => transformPoint([a, -b, dx, b, a, dy], point))
          const found = similarityTransform(face, moved)
          for (const [i, value] of [a, -b, dx, b, a, dy].entries()) expect(found[i]).toBeCloseTo(value, 6)
        },
      ),
    )
  })

  it('leaves no better similarity near its solution', () => {
    const target = dlibChipTemplate().points
    const [a, , c, b, , f] = similarityTransform(face, target)
    const best = squaredError(a, b, c, f, target)
    expect(best).toBeGreaterThan(1)
    for (const [da, db, dc, df] of [
      [1e-3, 0, 0, 0],
      [0, 1e-3, 0, 0],
      [0, 0, 0.05, 0],
      [0, 0, 0, 0.05],
    ] as const) {
      expect(squaredError(a + da, b + db, c + dc, f + df, target)).toBeGreaterThan(best)
      expect(squaredError(a - da, b - db, c - dc, f - df, target)).toBeGreaterThan(best)
    }
  })

  it.each<[string, readonly Point[]]>([
    ['all in one place', face.map(() => ({ x: 3, y: 4 }))],
    ['left and right exchanged', [face[1], face[0], face[2], face[4], face[3]]],
    ['not finite', [{ x: Number.NaN, y: 1 }, ...face.slice(1)]],
    ['too few', face.slice(0, 4)],
    ['none', []],
  ])('refuses points that are %s', (_, points) => {
    expect(() => similarityTransform(points, face)).toThrow(
      expect.objectContaining({ reason: 'FACE_LANDMARKS_DEGENERATE' }),
    )
  })

  it('takes a face in profile', () => {
    const profile = [
      { x: 60, y: 50 },
      { x: 68, y: 50 },
      { x: 80, y: 70 },
      { x: 60, y: 90 },
      { x: 66, y: 90 },
    ]
    expect(similarityTransform(profile, face)[0]).toBeGreaterThan(0.5)
  })

  it('inverts', () => {
    const matrix = similarityTransform(face, dlibChipTemplate().points)
    const there = transformPoint(matrix, { x: 12, y: 34 })
    const back = transformPoint(invertAffine(matrix), there)
    expect(back.x).toBeCloseTo(12, 9)
    expect(back.y).toBeCloseTo(34, 9)
  })
})

function squaredError(a: number, b: number, c: number, f: number, target: readonly Point[]): number {
  return face.reduce((sum, point, i) => {
    const { x, y } = transformPoint([a, -b, c, b, a, f], point)
    return sum + (x - target[i]!.x) ** 2 + (y - target[i]!.y) ** 2
  }, 0)
}
