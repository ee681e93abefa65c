import { describe, expect, it } from 'vitest'
import { checkModelId, parseModelName, resolveDefault, versionName } from './model-name.js'

const invalid = expect.objectContaining({ reason: 'MODEL_NAME_INVALID' })

describe('model names', () => {
  it('reads names of models and of their versions', () => {
    expect(parseModelName('models/base')).toEqual({ model: 'base' })
    expect(parseModelName(versionName('r50.v2_x-1', '0123456789ab'))).toEqual({
      model: 'r50.v2_x-1',
      version: '0123456789ab',
    })
  })

  it.each([
    '',
    'base',
    'models/',
    'models/Base',
    'models/..',
    'models/a/b',
    'models/base/versions/',
    'models/base/versions/0123456789AB',
    'models/base/versions/0123456789abc',
    'models/base/versions/0123456789ab/x',
    'models/base\n',
  ])('refuses %j', (name) => {
    expect(() => parseModelName(name)).toThrow(invalid)
  })

  it('limits ids to what every key and file name takes', () => {
    expect(checkModelId('a'.repeat(63))).toHaveLength(63)
    for (const id of ['a'.repeat(64), '-a', '.a', 'a b', 'ä']) expect(() => checkModelId(id)).toThrow(invalid)
  })

  it('puts the default model in the place of nothing and of its alias', () => {
    expect(resolveDefault('', 'base')).toBe('models/base')
    expect(resolveDefault('models/default', 'base')).toBe('models/base')
    expect(resolveDefault('models/other', 'base')).toBe('models/other')
  })
})
