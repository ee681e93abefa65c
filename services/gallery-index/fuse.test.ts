import { describe, expect, it } from 'vitest'
import { normalise } from '../../libs/models/embedding.js'
import { fuse } from './fuse.js'

describe('normalise', () => {
  it('scales to length 1 and leaves its argument alone', () => {
    const vector = Float32Array.of(3, -4)
    expect([...normalise(vector)]).toEqual([...Float32Array.of(0.6, -0.8)])
    expect([...vector]).toEqual([3, -4])
  })

  it.each([[[0, 0]], [[Number.NaN, 1]], [[Number.POSITIVE_INFINITY, 1]], [[]]])('refuses %j', (values) => {
    expect(() => normalise(Float32Array.from(values))).toThrow(
      expect.objectContaining({ reason: 'EMBEDDING_NOT_FINITE' }),
    )
  })
})

describe('fuse', () => {
  const [x, y] = [Float32Array.of(1, 0), Float32Array.of(0, 1)]

  it('is the normalised mean, weighted where asked', () => {
    expect([...fuse([x])]).toEqual([1, 0])
    expect([...fuse([x, y])]).toEqual([...Float32Array.of(Math.SQRT1_2, Math.SQRT1_2)])
    expect([...fuse([x, y], [3, 4])]).toEqual([...Float32Array.of(0.6, 0.8)])
    expect([...fuse([x, y], [0, 2])]).toEqual([0, 1])
  })

  it('refuses templates that cancel each other out, and none', () => {
    expect(() => fuse([x, Float32Array.of(-1, 0)])).toThrow(expect.objectContaining({ reason: 'EMBEDDING_NOT_FINITE' }))
    expect(() => fuse([])).toThrow(RangeError)
  })
})
