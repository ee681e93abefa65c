import { describe, expect, it } from 'vitest'
import { loadDots } from './dot-module.js'

describe('dots', () => {
  it.each([
    [1, 16],
    [7, 48],
    [33, 512],
  ])('multiplies %i rows of %i as plain arithmetic does, up to the largest values', (count, stride) => {
    const { memory, dots } = loadDots()
    const [queryAt, rowAt] = [0, 2 * stride]
    const outAt = rowAt + count * stride
    const query = new Int16Array(memory.buffer, queryAt, stride).map((_, i) => (i % 3 === 0 ? -4000 : 4095 - i))
    new Int16Array(memory.buffer, queryAt, stride).set(query)
    const rows = Int8Array.from({ length: count * stride }, (_, i) => (i % 5 === 0 ? -127 : ((i * 37) % 255) - 127))
    new Int8Array(memory.buffer, rowAt, rows.length).set(rows)
    dots(rowAt, count, stride, queryAt, outAt)
    const expected = Array.from({ length: count }, (_, row) =>
      query.reduce((sum, value, i) => sum + value * rows[row * stride + i]!, 0),
    )
    expect([...new Int32Array(memory.buffer, outAt, count)]).toEqual(expected)
    // Nothing but the results was written.
    expect(new Int8Array(memory.buffer, rowAt, rows.length)).toEqual(rows)
    expect(new Int8Array(memory.buffer, outAt + 4 * count).every((value) => value === 0)).toBe(true)
  })
})
