import { expect, it } from 'vitest'
import { createThrottle } from './throttle.js'

it('passes on the first value, then one an interval, and the latest when flushed', () => {
  let time = 0
  const passed: number[] = []
  const throttle = createThrottle<number>(
    250,
    () => time,
    (value) => passed.push(value),
  )
  for (const [at, value] of [
    [0, 1],
    [100, 2],
    [249, 3],
    [250, 4],
    [300, 5],
    [499, 6],
  ] as const) {
    time = at
    throttle.offer(value)
  }
  expect(passed).toEqual([1, 4])
  throttle.flush()
  throttle.flush()
  expect(passed).toEqual([1, 4, 6])
})
