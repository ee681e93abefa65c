import { describe, expect, it } from 'vitest'
import { fromHalf, toHalf } from './half.js'

describe('half precision', () => {
  it('reads the values that IEEE 754 gives these bit patterns', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x3555)
    const values = [1, -2, 65504, 2 ** -14, 2 ** -24, -0, Infinity, -Infinity, Number.NaN, 0.333251953125]
    expect([...fromHalf(bits)]).toEqual(values)
  })

  it('returns every number to its own bits', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits)
    const numbers = all.filter((bits) => (bits & 0x7c00) !== 0x7c00 || (bits & 0x3ff) === 0)
    expect(toHalf(fromHalf(numbers))).toEqual(numbers)
    expect(fromHalf(toHalf(Float32Array.of(Number.NaN)))[0]).toBeNaN()
  })

  it('rounds to the nearest, ties to even', () => {
    const unit = 2 ** -10
    const values = [1 + unit / 2, 1 + 1.5 * unit, 1 + 0.51 * unit, 2 - unit / 2, 65519, 65520, -65520]
    const bits = [0x3c00, 0x3c02, 0x3c01, 0x4000, 0x7bff, 0x7c00, 0xfc00]
    expect([...toHalf(Float32Array.from(values))]).toEqual(bits)
    const tiny = [0.5 * 2 ** -24, 1.5 * 2 ** -24, 0.51 * 2 ** -24, 1023.5 * 2 ** -24]
    expect([...toHalf(Float32Array.from(tiny))]).toEqual([0, 2, 1, 0x0400])
  })
})
