import { describe, expect, it } from 'vitest'
import { createRandom, restoreRandom } from './random.js'

const draws = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw)

describe('createRandom', () => {
  it('is xoshiro128**: its first outputs from the state 1, 2, 3, 4', () => {
    const random = restoreRandom([1, 2, 3, 4])
    expect(draws(5, random.bits)).toEqual([11_520, 0, 5_927_040, 70_819_200, 2_031_721_883])
  })

  it('fills its state by SplitMix64: the first outputs from seed 0', () => {
    expect(createRandom(0n).state()).toEqual([0x7b1dcdaf, 0xe220a839, 0xa1b965f4, 0x6e789e6a])
  })

  it('draws the same from the same seed, and something else from another', () => {
    const [one, same, other] = [createRandom(7n), createRandom(7n), createRandom(8n)]
    const expected = draws(20, () => one.uniform())
    expect(draws(20, () => same.uniform())).toEqual(expected)
    expect(draws(20, () => other.uniform())).not.toEqual(expected)
  })

  it('goes on from a state that went through JSON', () => {
    const random = createRandom(3n)
    draws(11, random.normal)
    const restored = restoreRandom(JSON.parse(JSON.stringify(random.state())))
    expect(draws(20, restored.normal)).toEqual(draws(20, random.normal))
  })

  it('draws uniformly within its bounds', () => {
    const random = createRandom(1n)
    const values = draws(20_000, () => random.uniform(-2, 6))
    expect(values.every((value) => value >= -2 && value < 6)).toBe(true)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    // The standard error of the mean is 8 / sqrt(12 * 20,000) = 0.016.
    expect(Math.abs(mean - 2)).toBeLessThan(0.065)
  })

  it('draws every integer of a range equally often', () => {
    const random = createRandom(2n)
    const counts = [0, 0, 0, 0, 0, 0, 0]
    for (const value of draws(70_000, () => random.integer(-3, 3))) counts[value + 3]!++
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
    // The 99.9 % quantile for 6 degrees of freedom.
    expect(chiSquare).toBeLessThan(22.46)
  })

  it('draws normally: mean, variance and share beyond two deviations', () => {
    const random = createRandom(4n)
    const values = draws(40_000, random.normal)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.02)
    expect(Math.abs(variance - 1)).toBeLessThan(0.03)
    expect(Math.abs(values.filter((value) => Math.abs(value) > 2).length / values.length - 0.0455)).toBeLessThan(0.005)
  })

  it('shuffles into every order equally often', () => {
    const random = createRandom(5n)
    const counts = new Map<string, number>()
    for (let round = 0; round < 24_000; round++) {
      const list = ['a', 'b', 'c', 'd']
      random.shuffle(list)
      counts.set(list.join(''), (counts.get(list.join('')) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)
    // The 99.9 % quantile for 23 degrees of freedom.
    expect(chiSquare).toBeLessThan(49.73)
  })
})
