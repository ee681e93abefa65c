import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tarAtFar } from './tar-at-far.js'

describe('tarAtFar', () => {
  it('is a count by hand', () => {
    const nonMated = Float32Array.of(0.1, 0.2, 0.3, 0.4)
    expect(tarAtFar(Float32Array.of(0.35, 0.5, 0.25, 0.3), nonMated, 0.25)).toBe(0.5)
    expect(tarAtFar(Float32Array.of(0.35, 0.5, 0.25, 0.4), nonMated, 0.01)).toBe(0.25)
  })

  it('agrees with a search through all thresholds, ties included', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(scores, scores, fc.constantFrom(0.01, 0.1, 0.25, 0.5), (mated, nonMated, far) => {
        const rate = (list: number[], threshold: number) => list.filter((s) => s >= threshold).length / list.length
        const fitting = [...mated, ...nonMated, 9].filter((threshold) => rate(nonMated, threshold) <= far)
        const expected = Math.max(...fitting.map((threshold) => rate(mated, threshold)))
        expect(tarAtFar(Float32Array.from(mated), Float32Array.from(nonMated), far)).toBe(expected)
      }),
    )
  })
})
