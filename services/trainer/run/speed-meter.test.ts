import { describe, expect, it } from 'vitest'
import { createSpeedMeter } from './speed-meter.js'

describe('createSpeedMeter', () => {
  it('tells images a second and mean losses over the last twenty steps', () => {
    let now = 0
    const meter = createSpeedMeter(() => now)
    expect(meter.imagesPerSecond()).toBe(0)
    expect(meter.losses()).toEqual({})
    for (let step = 0; step < 100; step++) {
      // The first half is slow: it must be forgotten.
      now += step < 50 ? 10_000 : 500
      meter.add(32, { total: step })
    }
    expect(meter.imagesPerSecond()).toBe(64)
    expect(meter.losses()).toEqual({ total: 89 })
  })
})
