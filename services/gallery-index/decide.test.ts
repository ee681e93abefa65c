import { describe, expect, it } from 'vitest'
import { CalibrationState, Decision, type DecisionTarget } from '../../gen/crossres/v1/common.js'
import { fmrForFpir } from '../../libs/calibration/apply-calibration.js'
import type { Calibration } from '../../libs/models/model-card.js'
import { createDecide, type Question } from './decide.js'

const decide = createDecide({ targetFpir: 0.01, targetFmr: 0.001, mostFnmr: 0.9 })

/** Strangers are 0.1 more alike a decade; mates lie evenly between `mates` and 1. */
const band = (resolution: number, base: number, mates: number) => ({
  resolution,
  curve: [0.5, 0.4, 0.3, 0.2, 0.1, 0].map((above) => ({ score: base + above, fmr: 10 ** (-10 * above) })),
  misses: [
    { score: 1, fnmr: 1 },
    { score: mates, fnmr: 0 },
  ],
  impostors: 10_000,
})
const calibration: Calibration = { bands: [band(0, 0, 0.2), band(16, 0.4, 0.2)], dataset: 'digest' }

const fpir = (value: number): DecisionTarget => ({ target: { $case: 'targetFpir', value } })
const fmr = (value: number): DecisionTarget => ({ target: { $case: 'targetFmr', value } })
const raw = (value: number): DecisionTarget => ({ target: { $case: 'scoreThreshold', value } })
const ask = (question: Partial<Question>) =>
  decide({ score: 0.5, target: undefined, resolution: 0, templates: 100, calibration, ...question })

describe('with a calibration', () => {
  it('turns a target for the gallery into a threshold for the resolution', () => {
    const target = fpir(0.1)
    const [sharp, coarse] = [ask({ target }), ask({ target, resolution: 14 })]
    // 1 - (1 - fmr)^100 = 0.1: about 1e-3 each.
    expect(sharp.threshold).toMatchObject({ resolutionBand: 0, calibration: CalibrationState.CALIBRATED })
    expect(sharp.threshold.fmr).toBeCloseTo(fmrForFpir(0.1, 100), 9)
    expect(sharp.threshold.score).toBeCloseTo(0.298, 3)
    expect(coarse.threshold.resolutionBand).toBe(16)
    expect(coarse.threshold.score).toBeCloseTo(0.698, 3)
    expect([sharp.decision, coarse.decision]).toEqual([Decision.MATCH, Decision.NO_MATCH])
    expect(sharp.fmrOf(0.3)).toBeCloseTo(1e-3, 6)
    expect(coarse.fmrOf(0.7)).toBeCloseTo(1e-3, 6)
  })

  it('asks more of each comparison the more templates there are', () => {
    const scores = [1, 10, 100, 1_000].map((templates) => ask({ templates, target: fpir(0.1) }).threshold.score ?? 1)
    for (const [i, expected] of [0.1, 0.198, 0.298, 0.398].entries()) expect(scores[i]).toBeCloseTo(expected, 3)
  })

  it('accepts at the threshold itself', () => {
    const { threshold } = ask({ target: fmr(1e-3) })
    const at = threshold.score as number
    expect(ask({ target: fmr(1e-3), score: at }).decision).toBe(Decision.MATCH)
    expect(ask({ target: fmr(1e-3), score: at - 1e-9 }).decision).toBe(Decision.NO_MATCH)
  })

  it('has targets of its own for searches and for comparisons', () => {
    expect(ask({ templates: 1 }).threshold.fmr).toBeCloseTo(0.01, 9)
    const { templates: _, ...single } = { score: 0.5, target: undefined, resolution: 0, templates: 1, calibration }
    expect(decide(single).threshold.fmr).toBe(0.001)
  })

  it('is inconclusive where the threshold misses too many, or nothing reaches the target, whatever the score', () => {
    const strict = ask({ resolution: 16, target: fmr(1e-5), score: 0.99 })
    // Threshold 0.9 misses 7 / 8 of the mates: just enough are found.
    expect(strict.decision).toBe(Decision.MATCH)
    const lenient = createDecide({ targetFpir: 0.01, targetFmr: 0.001, mostFnmr: 0.8 })
    const question = { score: 0.99, target: fmr(1e-5), resolution: 16, calibration }
    expect(lenient(question)).toMatchObject({
      decision: Decision.INCONCLUSIVE,
      threshold: { calibration: CalibrationState.CALIBRATED, explanation: expect.stringContaining('of no use') },
    })
    expect(lenient({ ...question, score: 0.1 }).decision).toBe(Decision.INCONCLUSIVE)
    const beyond = ask({ resolution: 16, target: fmr(1e-6), score: 0.99 })
    expect(beyond.decision).toBe(Decision.INCONCLUSIVE)
    expect(beyond.threshold.score).toBeUndefined()
    expect(beyond.threshold.explanation).toContain('no threshold')
    expect(beyond.fmrOf(0.8)).toBeCloseTo(1e-4, 9)
  })

  it('finds nobody in an empty gallery', () => {
    expect(ask({ score: undefined, templates: 0, resolution: 16, target: fmr(1e-6) }).decision).toBe(Decision.NO_MATCH)
  })

  it("tells what the caller's own threshold means", () => {
    const { decision, threshold } = ask({ target: raw(0.3) })
    expect(decision).toBe(Decision.MATCH)
    expect(threshold).toMatchObject({ score: 0.3, calibration: CalibrationState.CALIBRATED })
    expect(threshold.fmr).toBeCloseTo(1e-3, 6)
  })

  it('says where it goes beyond the data, and where it does not know the resolution', () => {
    expect(ask({ target: fmr(1e-5), resolution: 100 }).threshold.explanation).toMatch(/extrapolated beyond the 10000/)
    expect(ask({ target: fmr(1e-3), resolution: 100 }).threshold.explanation).not.toMatch(/extrapolated|not known/)
    expect(ask({ target: fmr(1e-3), resolution: 0 }).threshold.explanation).toMatch(/not known.*true_resolution/)
  })

  it('makes no claim on two coarse faces', () => {
    const two = ask({ resolution: 16, reference: 63, target: fmr(1e-2) })
    expect(two.decision).toBe(Decision.INCONCLUSIVE)
    expect(two.threshold.explanation).toContain('two faces of less than 64 px')
    expect(two.fmrOf(0.9)).toBeUndefined()
    for (const reference of [64, 0])
      expect(ask({ resolution: 16, reference, target: fmr(1e-2), score: 0.7 }).decision).toBe(Decision.MATCH)
  })
})

describe('without a calibration', () => {
  it.each([
    ['none at all', undefined],
    ['none for so large a face', { ...calibration, bands: calibration.bands.slice(1) }],
  ])('%s: marked so, and no target decides', (_, none) => {
    for (const target of [undefined, fpir(0.01), fmr(0.5)]) {
      const { decision, threshold, fmrOf } = ask({ calibration: none, target, score: 1 })
      expect(decision).toBe(Decision.INCONCLUSIVE)
      expect(threshold).toMatchObject({ calibration: CalibrationState.UNCALIBRATED, score: undefined, fmr: undefined })
      expect(fmrOf(1)).toBeUndefined()
    }
    expect(ask({ calibration: none, target: raw(0.5) }).decision).toBe(Decision.MATCH)
    expect(ask({ calibration: none, score: undefined }).decision).toBe(Decision.NO_MATCH)
  })
})

it.each([fpir(0), fpir(1), fmr(-0.1), fmr(Number.NaN), raw(1.1), raw(-1.1)])('refuses the target %j', (target) => {
  for (const each of [calibration, undefined]) {
    expect(() => ask({ target, calibration: each })).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }))
  }
})
