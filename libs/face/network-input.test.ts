import { expect, it } from 'vitest'
import { imageTensor, padToMultiple, resizeToLongest } from './network-input.js'

const image = (width: number, height: number, value = 9) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
})

it('lays pixels out channel by channel, picture by picture', () => {
  const one = { width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 40, 50, 60) }
  const two = { width: 2, height: 1, data: Uint8Array.of(11, 21, 31, 41, 51, 61) }
  const { dims, data } = imageTensor([one, two], { colour: 'RGB', mean: [10, 20, 30], scale: 0.5 })
  expect(dims).toEqual([2, 3, 1, 2])
  expect([...data]).toEqual([0, 15, 0, 15, 0, 15, 0.5, 15.5, 0.5, 15.5, 0.5, 15.5])
})

it('exchanges red and blue for BGR, with the mean in that order', () => {
  const { data } = imageTensor([{ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }], {
    colour: 'BGR',
    mean: [3, 2, 0],
    scale: 1,
  })
  expect([...data]).toEqual([0, 0, 1])
})

it('brings the longest side to a length and keeps the aspect', () => {
  expect(resizeToLongest(image(200, 100), 64)).toMatchObject({ width: 64, height: 32 })
  expect(resizeToLongest(image(3, 9), 90)).toMatchObject({ width: 30, height: 90 })
  expect(resizeToLongest(image(2000, 1), 32)).toMatchObject({ width: 32, height: 1 })
})

it('pads with black at the right and the bottom', () => {
  const padded = padToMultiple(image(3, 2), 4)
  expect([padded.width, padded.height]).toEqual([4, 4])
  expect([...padded.data].filter((_, i) => i % 3 === 0)).toEqual([9, 9, 9, 0, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  const fitting = image(8, 4)
  expect(padToMultiple(fitting, 4)).toBe(fitting)
})
