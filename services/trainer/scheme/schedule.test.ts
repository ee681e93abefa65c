import { describe, expect, it } from 'vitest'
import { afterMeasurement, cosineRate, type PlateauOptions, type PlateauState, startPlateau } from './schedule.js'

const options: PlateauOptions = {
  rate: 1e-3,
  factor: 5,
  patience: 2,
  threshold: 0.1,
  thresholdMode: 'relative',
  minRate: 1e-5,
}

const rates = (losses: readonly number[], more: Partial<PlateauOptions> = {}, from?: PlateauState) => {
  let state = from ?? startPlateau({ ...options, ...more })
  return losses.map((loss) => {
    state = afterMeasurement({ ...options, ...more }, state, loss)
    return state.rate
  })
}

describe('afterMeasurement', () => {
  it('keeps the rate while the loss falls', () => {
    expect(rates([10, 8, 6, 5, 4, 3])).toEqual(Array(6).fill(1e-3))
  })

  it('divides the rate by 5 at the first measurement beyond its patience, and then waits anew', () => {
    expect(rates([10, 10, 10, 10, 10, 10, 10])).toEqual([1e-3, 1e-3, 1e-3, 2e-4, 2e-4, 2e-4, 4e-5])
  })

  it('counts only falls of more than the threshold', () => {
    // A tenth of the best is not enough; a little more is.
    expect(rates([10, 9, 9, 9]).at(-1)).toBe(2e-4)
    expect(rates([10, 8.9, 8.9, 8.9]).at(-1)).toBe(1e-3)
    expect(rates([10, 9.8, 9.8, 9.8], { thresholdMode: 'absolute' }).at(-1)).toBe(1e-3)
    expect(rates([10, 9.95, 9.95, 9.95], { thresholdMode: 'absolute' }).at(-1)).toBe(2e-4)
  })

  it('holds slow progress against the best, not against the last', () => {
    // Each fall is under a tenth of the one before, but the second is more than a tenth of the best.
    expect(rates([10, 9.5, 8.9, 8.9, 8.9]).at(-1)).toBe(1e-3)
  })

  it('never falls below the lowest rate', () => {
    expect(rates(Array(20).fill(1)).at(-1)).toBe(1e-5)
  })

  it('goes on from a state that went through JSON', () => {
    let state = startPlateau(options)
    for (const loss of [10, 10]) state = afterMeasurement(options, state, loss)
    expect(rates([10, 10], {}, JSON.parse(JSON.stringify(state)))).toEqual([1e-3, 2e-4])
    expect(rates([10, 10], {}, JSON.parse(JSON.stringify(startPlateau(options))))).toEqual([1e-3, 1e-3])
  })
})

describe('cosineRate', () => {
  it('rises linearly and reaches the peak with the end of the warm-up', () => {
    const rising = [0, 1, 2, 3].map((step) => cosineRate(8, 4, 104, step))
    expect(rising).toEqual([2, 4, 6, 8])
    expect(cosineRate(8, 4, 104, 4)).toBe(8)
  })

  it('falls along half a cosine', () => {
    expect(cosineRate(8, 4, 104, 29)).toBeCloseTo(4 * (1 + Math.SQRT1_2), 12)
    expect(cosineRate(8, 4, 104, 54)).toBeCloseTo(4, 12)
    expect(cosineRate(8, 4, 104, 103)).toBeGreaterThan(0)
    expect(cosineRate(8, 4, 104, 104)).toBeCloseTo(0, 12)
  })

  it('does without a warm-up', () => {
    expect(cosineRate(8, 0, 100, 0)).toBe(8)
  })
})
