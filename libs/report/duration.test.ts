import { expect, it } from 'vitest'
import { durationText } from './duration.js'

it('says times in the two units that matter', () => {
  expect([0, 8.4, 59.6, 200, 3599, 3900, 360_000].map(durationText)).toEqual([
    '0 s',
    '8 s',
    '1 min 0 s',
    '3 min 20 s',
    '59 min 59 s',
    '1 h 5 min',
    '100 h 0 min',
  ])
})
