import { expect, it } from 'vitest'
import { aucInterval } from './auc-interval.js'

it('is that of Mann and Whitney’s statistic where scores say nothing', () => {
  // Under the null hypothesis the variance of U / (m n) is (m + n + 1) / (12 m n); Mann and Whitney (1947).
  const [mated, nonMated] = [40, 70]
  const { value, low, high } = aucInterval(0.5, mated, nonMated)
  expect(value).toBe(0.5)
  expect((high - low) / 2 / 1.96).toBeCloseTo(Math.sqrt((mated + nonMated + 1) / (12 * mated * nonMated)), 12)
})

it('stays within the rates that there are', () => {
  expect(aucInterval(1, 10, 10)).toEqual({ value: 1, low: 1, high: 1 })
  expect(aucInterval(0.99, 5, 5).high).toBe(1)
})
