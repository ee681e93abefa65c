import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../libs/random/random.js'
import { type Curriculum, degradedShare, drawDegradation, drawResolution } from './curriculum.js'

const shares = (curriculum: Curriculum, totalSteps: number, batch: number) =>
  Array.from({ length: totalSteps }, (_, step) => degradedShare(curriculum, { step, totalSteps, images: step * batch }))

describe('degradedShare', () => {
  it('rises linearly from 0 at the first step to 1 at the last', () => {
    expect(shares({ kind: 'linear' }, 5, 256)).toEqual([0, 0.25, 0.5, 0.75, 1])
    const many = shares({ kind: 'linear' }, 1_000, 256)
    for (const [step, share] of many.entries()) expect(share).toBeCloseTo(step / 999, 12)
  })

  it('leaves a training of one step at full resolution', () => {
    expect(shares({ kind: 'linear' }, 1, 256)).toEqual([0])
  })

  it('steps by a tenth every 35,000 images up to 1', () => {
    const at = (images: number) => degradedShare({ kind: 'stepped' }, { step: 0, totalSteps: 1, images })
    expect([0, 34_999, 35_000, 70_000].map(at)).toEqual([0.1, 0.1, 0.2, 0.1 * 3])
    expect([314_999, 315_000, 1e7].map(at)).toEqual([0.9, 1, 1])
  })

  it('stays where there is no curriculum', () => {
    expect(shares({ kind: 'constant', share: 0.3 }, 3, 64)).toEqual([0.3, 0.3, 0.3])
  })
})

describe('drawResolution', () => {
  it('draws the exponents 3 to 8, the last included, equally often', () => {
    const random = createRandom(11n)
    const counts = new Map<number, number>()
    for (let round = 0; round < 60_000; round++) {
      const resolution = drawResolution(random, { kind: 'exponents', lowest: 3, highest: 8 })
      counts.set(resolution, (counts.get(resolution) ?? 0) + 1)
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([8, 16, 32, 64, 128, 256])
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
    // The 99.9 % quantile for 5 degrees of freedom.
    expect(chiSquare).toBeLessThan(20.52)
  })

  it('draws pixels log-uniformly: equal octaves, whole numbers, both ends', () => {
    const random = createRandom(12n)
    const drawn = Array.from({ length: 60_000 }, () =>
      drawResolution(random, { kind: 'log-uniform', lowest: 6, highest: 64 }),
    )
    expect(drawn.every(Number.isInteger)).toBe(true)
    expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([6, 64])
    // Rounding moves the bounds of a class of whole pixels by a half.
    const bounds = [6, 7.5, 11.5, 15.5, 23.5, 31.5, 47.5, 64]
    const chiSquare = bounds.slice(1).reduce((sum, to, index) => {
      const from = bounds[index]!
      const expected = (drawn.length * Math.log(to / from)) / Math.log(64 / 6)
      const count = drawn.filter((pixels) => pixels > from - (index === 0 ? 1 : 0) && pixels <= to).length
      return sum + (count - expected) ** 2 / expected
    }, 0)
    // The 99.9 % quantile for 6 degrees of freedom.
    expect(chiSquare).toBeLessThan(22.46)
  })
})

describe('drawDegradation', () => {
  const resolutions = { kind: 'exponents', lowest: 3, highest: 8 } as const

  it('degrades none at share 0 and all at share 1', () => {
    const random = createRandom(13n)
    for (let round = 0; round < 1_000; round++) {
      expect(drawDegradation(random, 0, resolutions)).toBeUndefined()
      expect(drawDegradation(random, 1, resolutions)).toBeGreaterThanOrEqual(8)
    }
  })

  it('degrades the share asked for', () => {
    const random = createRandom(14n)
    const drawn = Array.from({ length: 40_000 }, () => drawDegradation(random, 0.3, resolutions))
    // The standard error is sqrt(0.3 * 0.7 / 40,000) = 0.0023.
    expect(Math.abs(drawn.filter(Boolean).length / drawn.length - 0.3)).toBeLessThan(0.0075)
  })
})
