import { describe, expect, it } from 'vitest'
import { TrainingSettingsSchema } from './config.js'
import { METHODS, TRAITS } from './methods.js'
import { PRESETS, presetSettings } from './presets.js'
import { describeSettings, parseAssignments, resolveSettings } from './text-settings.js'

const resolve = (settings: Record<string, string> = {}, method = 't-c', preset = 'paper') =>
  resolveSettings({ method, preset, settings })
const refused = (settings: string, message: RegExp) =>
  expect.objectContaining({
    reason: 'TRAINING_SETTING_INVALID',
    message: expect.stringMatching(message),
    metadata: { settings },
  })

describe('the presets', () => {
  it('"paper" has the values of the paper, section 5', () => {
    expect(resolve()).toMatchObject({
      lambda: 0.1,
      curriculum: 'linear',
      resolutions: 'exponents',
      lowestExponent: 3,
      highestExponent: 8,
      greyProbability: 0.2,
      flipProbability: 0,
      pairedCrops: false,
      optimizer: 'sgd',
      batch: 256,
      momentum: 0.9,
      weightDecay: 1e-5,
      learningRate: 1e-3,
      plateauFactor: 5,
    })
  })

  it.each(METHODS)('fit the schema for %s', (method) => {
    for (const preset of PRESETS) {
      const settings = presetSettings(preset, method)
      if (settings) expect(TrainingSettingsSchema.parse(settings)).toEqual(settings)
      else expect([preset, method]).toEqual(['paper', 'crossres'])
    }
  })

  it.each(METHODS)('give %s a rising curriculum exactly where it has one', (method) => {
    const { curriculum } = presetSettings('default', method)!
    expect(curriculum !== 'constant').toBe(TRAITS[method].curriculum)
  })

  it('are "default" where none is named', () => {
    expect(resolve({}, 'crossres', '')).toEqual(presetSettings('default', 'crossres'))
  })

  it('"paper" is refused for crossres', () => {
    expect(() => resolve({}, 'crossres')).toThrow(refused('preset', /"paper".*crossres.*"default"/))
  })
})

describe('resolveSettings', () => {
  it('changes what is named, as the type it has', () => {
    const settings = resolve({ learning_rate: '2e-4', paired_crops: 'true', curriculum: 'stepped', batch: '64' })
    expect(settings).toEqual({
      ...presetSettings('paper', 't-c'),
      learningRate: 2e-4,
      pairedCrops: true,
      curriculum: 'stepped',
      batch: 64,
    })
  })

  it('names every setting that it does not know', () => {
    expect(() => resolve({ learning_rat: '1', Seeed: '2' })).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/learning_rat: is no setting.*seeed: is no setting/) }),
    )
  })

  it.each([
    ['learning_rate', '-1'],
    ['learning_rate', 'fast'],
    ['learning_rate', ''],
    ['learning_rate', 'Infinity'],
    ['batch', '12.5'],
    ['paired_crops', '1'],
    ['grey_probability', '1.5'],
    ['loss_reduction', 'median'],
    ['plateau_factor', '1'],
    ['micro_batch', '100'],
    ['lowest_exponent', '9'],
    ['lowest_pixels', '300'],
    ['images', '255'],
    ['curriculum', 'constant'],
  ])('refuses %s = "%s" by name', (name, value) => {
    expect(() => resolve({ [name]: value })).toThrow(refused(name, new RegExp(`${name}: `)))
  })

  it('refuses a curriculum for a method without one', () => {
    expect(() => resolve({ curriculum: 'linear' }, 'nt-nc')).toThrow(refused('curriculum', /constant.*nt-nc/))
  })

  it('refuses methods and presets that do not exist, and a method among the settings', () => {
    expect(() => resolve({}, 'magic')).toThrow(refused('method', /"magic" is none of t-c, nt-nc/))
    expect(() => resolve({}, 't-c', 'secret')).toThrow(refused('preset', /"secret" is none of paper, default/))
    expect(() => resolve({ method: 'c' })).toThrow(refused('method', /beside the settings/))
  })
})

describe('describeSettings', () => {
  it.each(METHODS)('lists all settings of %s so that they can be read back', (method) => {
    const settings = resolve({ seed: '42', learning_rate: '0.1' }, method, 'default')
    const text = describeSettings(settings)
    expect(text.learning_rate).toBe('0.1')
    expect(Object.keys(text)).toHaveLength(Object.keys(settings).length - 1)
    expect(resolve(text, method, 'default')).toEqual(settings)
  })
})

describe('parseAssignments', () => {
  it('reads name=value', () => {
    expect(parseAssignments(['learning_rate=1e-3', ' seed = 7 ', 'seed=8'])).toEqual({
      learning_rate: '1e-3',
      seed: '8',
    })
  })

  it.each(['seed', 'seed=', '=7', 'a b=1'])('refuses "%s"', (assignment) => {
    expect(() => parseAssignments([assignment])).toThrow(refused(assignment, /name=value/))
  })
})
