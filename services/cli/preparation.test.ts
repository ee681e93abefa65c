import { expect, it } from 'vitest'
import { PRESETS } from '../../libs/models/presets.js'
import { UsageError } from './failure.js'
import { preparationOf } from './preparation.js'

it('changes a preset without touching it', () => {
  const { input, crop } = preparationOf('insightface', ['input.colourOrder=BGR', 'input.mean=1,2,3', 'input.width=96'])
  expect(input).toEqual({ ...PRESETS.insightface.input, colourOrder: 'BGR', mean: [1, 2, 3], width: 96 })
  expect(crop).toEqual(PRESETS.insightface.crop)
  expect(PRESETS.insightface.input.colourOrder).toBe('RGB')
})

it.each([
  'mean=1,2,3',
  'input.mean',
  'input.mean=1,2',
  'input.colourOrder=GRB',
  'input.mean=a,b,c',
  'input.unknown=1',
  'crop.margin=1',
])('refuses %s', (change) => {
  expect(() => preparationOf('insightface', [change])).toThrow(UsageError)
})
