import { describe, expect, it } from 'vitest'
import { ModelCardSchema } from './model-card.js'
import { PRESETS } from './presets.js'
import { anyCard } from './testing/any-card.js'

const wrongAt = (card: unknown) => ModelCardSchema.safeParse(card).error?.issues.map(({ path }) => path.join('.'))

describe('the model card', () => {
  it('survives JSON with all that it may hold', () => {
    const card = anyCard({
      parentVersion: '0123456789ab',
      training: { method: 't-c', steps: 10 },
      evaluation: { lfw: { accuracy: 0.99 } },
      calibration: {
        bands: [
          {
            resolution: 24,
            curve: [{ score: 0.9, fmr: 1e-4 }],
            misses: [{ score: 0.9, fnmr: 0.5 }],
            impostors: 10_000,
          },
        ],
        dataset: 'abc',
      },
      routing: [
        { from: 0, below: 32, model: 'student', version: 'ba9876543210' },
        { from: 128, model: 'other', version: '0123456789ab' },
      ],
    })
    expect(ModelCardSchema.parse(JSON.parse(JSON.stringify(card)))).toEqual(card)
  })

  it('says where it is wrong', () => {
    const { input } = anyCard()
    expect(wrongAt({ ...anyCard(), dimension: 0 })).toEqual(['dimension'])
    expect(wrongAt({ ...anyCard(), input: { ...input, colourOrder: 'GRB' } })).toEqual(['input.colourOrder'])
    expect(wrongAt({ ...anyCard(), input: { ...input, mean: [0, 0] } })).toEqual(['input.mean'])
    expect(wrongAt({ ...anyCard(), crop: { kind: 'alignment', template: [[0, 0]] } })).toEqual(['crop.template'])
    expect(wrongAt({ ...anyCard(), parentVersion: 'HEAD' })).toEqual(['parentVersion'])
    expect(wrongAt({ ...anyCard(), licence: '' })).toEqual(['licence'])
    expect(wrongAt({ ...anyCard(), schema: 2 })).toEqual(['schema'])
    expect(wrongAt({ ...anyCard(), typo: 1 })).toEqual([''])
  })

  it.each(Object.entries(PRESETS))('takes the preset %s', (_, { input, crop }) => {
    expect(wrongAt(anyCard({ input, crop }))).toBeUndefined()
    if (crop.kind === 'margin') expect(crop.resize).toBeGreaterThanOrEqual(input.width)
    else for (const [x, y] of crop.template) expect(x > 0 && x < input.width && y > 0 && y < input.height).toBe(true)
  })
})
