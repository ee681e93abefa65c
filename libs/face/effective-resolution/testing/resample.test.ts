import { expect, it } from 'vitest'
import { resizeBilinear } from '../../../image/resize-bilinear.js'
import { createRandom } from '../../../random/random.js'
import { KERNELS, resample } from './resample.js'

const random = createRandom(3n)
const noise = { width: 23, height: 17, data: Uint8Array.from({ length: 23 * 17 * 3 }, () => random.integer(0, 255)) }

it.each([
  [9, 11],
  [60, 41],
])('is bilinear as the picture library is, to a grey level (%i x %i)', (width, height) => {
  const expected = resizeBilinear(noise, width, height).data
  const { data } = resample(noise, width, height, 'bilinear')
  expect(data).toHaveLength(expected.length)
  expect(Math.max(...data.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThanOrEqual(1)
})

it('repeats pixels for nearest', () => {
  const { data } = resample({ width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 7, 8, 9) }, 4, 2, 'nearest')
  expect([...data]).toEqual([1, 2, 3, 1, 2, 3, 7, 8, 9, 7, 8, 9, 1, 2, 3, 1, 2, 3, 7, 8, 9, 7, 8, 9])
})

it.each(KERNELS)('keeps an even surface even: %s', (kernel) => {
  const even = { width: 9, height: 9, data: new Uint8Array(9 * 9 * 3).fill(77) }
  for (const side of [4, 40]) expect(new Set(resample(even, side, side, kernel).data)).toEqual(new Set([77]))
})
