import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { areaUnderRoc } from './auc.js'
import { bestThreshold } from './best-threshold.js'
import { detAt, detCurve, logSpaced } from './det.js'
import { equalErrorRate } from './eer.js'
import { fnmrAtFmr } from './fnmr-at-fmr.js'
import { rocCurve } from './roc.js'
import { allowedCount } from './scores.js'
import { foldAccuracy } from './ten-fold.js'
import { verificationScores } from './verification-scores.js'

// Few values, so that most scores are tied; some failed.
const tied = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 6 }), weight: 8 },
  { arbitrary: fc.constant(Number.NaN), weight: 1 },
)
const free = fc.double({ min: -1, max: 1, noNaN: true })
const sides = fc.oneof(
  fc.tuple(fc.array(tied, { minLength: 1, maxLength: 25 }), fc.array(tied, { minLength: 1, maxLength: 25 })),
  fc.tuple(fc.array(free, { minLength: 1, maxLength: 25 }), fc.array(free, { minLength: 1, maxLength: 25 })),
)
const prepare = (mated: number[], nonMated: number[]) =>
  verificationScores(Float64Array.from(mated), Float64Array.from(nonMated))
/** NaN is at or above nothing. */
const rate = (list: number[], threshold: number) => list.filter((score) => score >= threshold).length / list.length
const thresholdsOf = (...lists: number[][]) =>
  [...new Set(lists.flat())].filter((score) => !Number.isNaN(score)).sort((a, b) => b - a)

describe('the metrics of verification, by their definitions', () => {
  it('FNMR at FMR: the lowest threshold that keeps the rate', () => {
    fc.assert(
      fc.property(sides, fc.constantFrom(0, 0.04, 0.1, 0.29, 0.5, 1), ([mated, nonMated], fmr) => {
        const point = fnmrAtFmr(prepare(mated, nonMated), fmr)
        const fitting = thresholdsOf(mated, nonMated).filter((threshold) => rate(nonMated, threshold) <= fmr)
        expect(point.threshold).toBe(fitting.at(-1) ?? Number.POSITIVE_INFINITY)
        expect(point.tar).toBe(rate(mated, point.threshold))
        expect(point.fmr).toBe(rate(nonMated, point.threshold))
        expect(point.fnmr).toBeCloseTo(1 - point.tar, 12)
      }),
    )
  })

  it('AUC: how often a mated score beats a non-mated one', () => {
    fc.assert(
      fc.property(sides, ([mated, nonMated]) => {
        const value = (score: number) => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score)
        const wins = mated.flatMap((a) =>
          nonMated.map((b) => (value(a) > value(b) ? 1 : value(a) === value(b) ? 0.5 : 0)),
        )
        const mean = wins.reduce((sum: number, win) => sum + win, 0) / wins.length
        expect(areaUnderRoc(prepare(mated, nonMated))).toBeCloseTo(mean, 12)
      }),
    )
  })

  it('ROC and DET: every threshold lies on the curve, whose area is the AUC', () => {
    fc.assert(
      fc.property(sides, ([mated, nonMated]) => {
        const scores = prepare(mated, nonMated)
        const { far, tar, thresholds } = rocCurve(scores)
        const { fmr, fnmr } = detCurve(scores)
        expect(fmr).toEqual(far)
        thresholds.forEach((threshold, index) => {
          if (threshold === Number.NEGATIVE_INFINITY) return
          expect([far[index], tar[index]]).toEqual([rate(nonMated, threshold), rate(mated, threshold)])
          expect(fnmr[index]).toBeCloseTo(1 - (tar[index] as number), 12)
        })
        expect([far[0], tar[0], far.at(-1), tar.at(-1)]).toEqual([0, 0, 1, 1])
        for (const threshold of thresholdsOf(mated, nonMated)) {
          const [x, y] = [rate(nonMated, threshold), rate(mated, threshold)]
          const distance = Math.min(...Array.from(far, (_, i) => (i === 0 ? 1 : distanceTo(far, tar, i, x, y))))
          expect(distance).toBeLessThan(1e-12)
        }
        let area = 0
        for (let i = 1; i < far.length; i++) area += ((far[i]! - far[i - 1]!) * (tar[i]! + tar[i - 1]!)) / 2
        expect(area).toBeCloseTo(areaUnderRoc(scores), 12)
      }),
    )
  })

  it('EER: where the curve crosses FMR = FNMR', () => {
    fc.assert(
      fc.property(sides, ([mated, nonMated]) => {
        const scores = prepare(mated, nonMated)
        const { far, tar } = rocCurve(scores)
        const eer = equalErrorRate(scores)
        const distance = Math.min(...Array.from(far, (_, i) => (i === 0 ? 1 : distanceTo(far, tar, i, eer, 1 - eer))))
        expect(distance).toBeLessThan(1e-12)
      }),
    )
  })

  it('the best threshold lies above the score that it rejects, be the next one never so near or far', () => {
    for (const [low, high] of [
      [5e-323, 5.4e-323],
      [0.1, 0.1 + Number.EPSILON / 8],
      [-Number.MAX_VALUE, Number.MAX_VALUE],
    ] as const) {
      const { threshold, accuracy } = bestThreshold(prepare([high], [low]))
      expect(accuracy).toBe(1)
      expect(threshold).toBeGreaterThan(low)
      expect(threshold).toBeLessThanOrEqual(high)
    }
  })

  it('the best threshold: none decides more right', () => {
    fc.assert(
      fc.property(sides, ([mated, nonMated]) => {
        const { threshold, accuracy } = bestThreshold(prepare(mated, nonMated))
        const right = (at: number) => rate(mated, at) * mated.length + (1 - rate(nonMated, at)) * nonMated.length
        const all = mated.length + nonMated.length
        const candidates = [...thresholdsOf(mated, nonMated), Number.POSITIVE_INFINITY]
        expect(accuracy).toBeCloseTo(Math.max(...candidates.map((at) => right(at) / all)), 12)
        expect(right(Math.max(threshold, -Number.MAX_VALUE)) / all).toBeCloseTo(accuracy, 12)
      }),
    )
  })
})

/** From a point to the i-th piece of a curve that rises both ways. */
function distanceTo(far: Float64Array, tar: Float64Array, i: number, x: number, y: number): number {
  const [x0, y0, x1, y1] = [far[i - 1]!, tar[i - 1]!, far[i]!, tar[i]!]
  const along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
  const share = Math.min(1, Math.max(0, along))
  return Math.hypot(x0 + share * (x1 - x0) - x, y0 + share * (y1 - y0) - y)
}

describe('the metrics of verification', () => {
  it('are NaN where a side is empty', () => {
    for (const [mated, nonMated] of [
      [[], [0.5]],
      [[0.5], []],
      [[], []],
    ] as const) {
      const scores = prepare([...mated], [...nonMated])
      expect(areaUnderRoc(scores)).toBeNaN()
      expect(equalErrorRate(scores)).toBeNaN()
      expect(fnmrAtFmr(scores, 0.1)).toEqual({ threshold: NaN, fmr: NaN, fnmr: NaN, tar: NaN })
    }
    expect(bestThreshold(prepare([], [])).accuracy).toBeNaN()
  })

  it('count failed extractions as misses, and in the totals', () => {
    const scores = prepare([0.9, 0.8, Number.NaN, Number.NaN], [0.1, Number.NaN])
    expect(fnmrAtFmr(scores, 0)).toEqual({ threshold: 0.8, fmr: 0, fnmr: 0.5, tar: 0.5 })
    expect(fnmrAtFmr(scores, 0.5)).toEqual({ threshold: 0.1, fmr: 0.5, fnmr: 0.5, tar: 0.5 })
    expect(fnmrAtFmr(scores, 1).tar).toBe(0.5)
    const fold = { mated: Float32Array.of(0.9, Number.NaN), nonMated: Float32Array.of(0.1, Number.NaN) }
    expect(foldAccuracy([fold, fold]).mean).toBe(0.75)
  })

  it('give the FNMR where a plot wants it', () => {
    const scores = prepare([0.2, 0.5, 0.9, 0.95], [0.1, 0.3, 0.6, 0.8])
    expect(Array.from(detAt(scores, [0, 0.25, 0.5, 1]))).toEqual([0.5, 0.5, 0.25, 0])
    const rates = logSpaced(1e-4, 1, 5)
    for (const [index, expected] of [1e-4, 1e-3, 1e-2, 1e-1, 1].entries())
      expect(rates[index]).toBeCloseTo(expected, 12)
  })

  it('keep few points of many comparisons', () => {
    const nonMated = Float32Array.from({ length: 50_000 }, (_, index) => index / 50_000)
    const { far } = rocCurve(verificationScores(Float32Array.of(0.25, 0.75), nonMated))
    expect(far.length).toBeLessThanOrEqual(7)
  })
})

describe('allowedCount', () => {
  it('is the most whose share is not above the rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }), (total, rate) => {
        const fitting = Array.from({ length: total + 1 }, (_, count) => count).filter((count) => count / total <= rate)
        expect(allowedCount(rate, total)).toBe(fitting.at(-1))
      }),
    )
    expect(allowedCount(0.29, 100)).toBe(29)
  })
})
