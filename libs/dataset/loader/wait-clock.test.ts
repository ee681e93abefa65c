import { describe, expect, it } from 'vitest'
import { createWaitClock } from './wait-clock.js'

describe('createWaitClock', () => {
  it('is the share of waiting since the first wait began, failed waits too', async () => {
    let now = 1000
    const clock = createWaitClock(() => now)
    expect(clock.share()).toBe(0)
    const slow = (value: Promise<number>, ms: number) => {
      const waiting = clock.waitFor(value)
      now += ms
      return waiting
    }
    expect(await slow(Promise.resolve(7), 30)).toBe(7)
    now += 50
    await expect(slow(Promise.reject(new Error('no')), 20)).rejects.toThrow('no')
    expect(clock.share()).toBe(0.5)
    now += 100
    expect(clock.share()).toBe(0.25)
  })
})
