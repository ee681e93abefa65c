import { describe, expect, it } from 'vitest'
import { conditionsOf, risingResolutions } from './conditions.js'

const pairs = (...args: Parameters<typeof conditionsOf>) =>
  conditionsOf(...args).map(({ probe, gallery }) => [probe, gallery])

describe('conditionsOf', () => {
  it('degrades one side, or both alike', () => {
    expect(pairs([0, 16, 8, 16], 'probe')).toEqual([
      [8, 0],
      [16, 0],
      [0, 0],
    ])
    expect(pairs([0, 8], 'gallery')).toEqual([
      [0, 8],
      [0, 0],
    ])
    expect(pairs([8, 0], 'both')).toEqual([
      [8, 8],
      [0, 0],
    ])
  })

  it('compares every gallery resolution with every lower or equal probe resolution', () => {
    expect(pairs([0, 8, 16], 'matrix')).toEqual([
      [8, 8],
      [8, 16],
      [8, 0],
      [16, 16],
      [16, 0],
      [0, 0],
    ])
  })
})

it('puts full resolution last', () => expect(risingResolutions([0, 64, 0, 8])).toEqual([8, 64, 0]))
