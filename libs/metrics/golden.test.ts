import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { areaUnderRoc } from './auc.js'
import { cmc } from './cmc.js'
import { detCurve } from './det.js'
import { equalErrorRate } from './eer.js'
import { fnirAtFpir } from './fnir-at-fpir.js'
import { fnmrAtFmr } from './fnmr-at-fmr.js'
import { meanAveragePrecision } from './mean-average-precision.js'
import { normalQuantile } from './normal-quantile.js'
import { openSetScores } from './open-set-scores.js'
import { rocCurve } from './roc.js'
import { createSearchTable } from './search-outcomes.js'
import { survFaceOpenSet } from './survface-open-set.js'
import { foldAccuracy } from './ten-fold.js'
import { splitScores, verificationScores } from './verification-scores.js'
import { wilsonInterval } from './wilson.js'

type Curve = readonly [readonly number[], readonly number[]]
interface Golden {
  readonly verification: readonly {
    readonly name: string
    readonly scores: readonly number[]
    readonly mated: readonly number[]
    readonly auc: number
    readonly eer: number
    readonly tarAtFar: Record<string, number>
    readonly roc: Curve
    readonly det: Curve
  }[]
  readonly tenFold: { readonly folds: readonly Curve[]; readonly mean: number; readonly standardError: number }
  readonly identification: readonly {
    readonly name: string
    readonly scores: readonly number[][]
    readonly gallery: readonly number[]
    readonly probes: readonly number[]
    readonly cmc: readonly number[]
    readonly map: number
    readonly fnirAtFpir: Record<string, number>
    readonly fnirAtFpirRank2: Record<string, number>
    readonly survFace: { readonly auc: number; readonly tpirAtFpir: Record<string, number> }
  }[]
  readonly wilson: readonly { successes: number; trials: number; confidence: number; low: number; high: number }[]
  readonly normalQuantile: readonly (readonly [number, number])[]
}

/** What scikit-learn, SciPy and NumPy say: test/fixtures/metrics/make-golden.py. */
const golden: Golden = JSON.parse(
  readFileSync(new URL('../../test/fixtures/metrics/golden-metrics.json', import.meta.url), 'utf8'),
)

const parts = (scores: readonly number[], mated: readonly number[]) =>
  splitScores(Float64Array.from(scores), Uint8Array.from(mated))
const points = (x: ArrayLike<number>, y: ArrayLike<number>) =>
  Array.from(x, (value, index) => `${value.toFixed(12)} ${(y[index] as number).toFixed(12)}`)

describe.each(golden.verification)('verification, $name', (expected) => {
  const { mated, nonMated } = parts(expected.scores, expected.mated)
  const scores = verificationScores(mated, nonMated)

  it('has the area of scikit-learn', () => {
    expect(areaUnderRoc(scores)).toBeCloseTo(expected.auc, 12)
  })

  it('has the equal error rate of the interpolated curve', () => {
    expect(equalErrorRate(scores)).toBeCloseTo(expected.eer, 9)
  })

  it.each(Object.entries(expected.tarAtFar))('at FAR %s', (far, tar) => {
    const point = fnmrAtFmr(scores, Number(far))
    expect(point.tar).toBe(tar)
    expect(point.fnmr).toBeCloseTo(1 - tar, 12)
  })

  it('has a ROC curve through points of scikit-learn, with its corners', () => {
    const { far, tar } = rocCurve(scores)
    const all = points(...expected.roc)
    expect(all).toEqual(expect.arrayContaining(points(far, tar)))
    expect(points(far, tar)).toEqual(expect.arrayContaining(corners(expected.roc)))
  })

  it('has a DET curve that scikit-learn lies on', () => {
    const { fmr, fnmr } = detCurve(scores)
    expect(points(fmr, fnmr)).toEqual(expect.arrayContaining(corners(expected.det)))
  })
})

/** Points at which a curve turns. */
function corners([x, y]: Curve): string[] {
  const side = (a: number, b: number) => Math.sign(Math.round((b - a) * 1e9))
  return points(x, y).filter((_, i) => {
    if (i === 0 || i === x.length - 1) return true
    const [before, after] = [i - 1, i + 1]
    const level = side(y[before]!, y[i]!) === 0 && side(y[i]!, y[after]!) === 0
    const steep = side(x[before]!, x[i]!) === 0 && side(x[i]!, x[after]!) === 0
    return !level && !steep
  })
}

it('has the ten-fold accuracy of LFW', () => {
  const folds = golden.tenFold.folds.map(([scores, mated]) => parts(scores, mated))
  const { mean, standardError } = foldAccuracy(folds)
  expect(mean).toBeCloseTo(golden.tenFold.mean, 12)
  expect(standardError).toBeCloseTo(golden.tenFold.standardError, 12)
})

describe.each(golden.identification)('identification, $name', (expected) => {
  const table = createSearchTable(expected.probes.length)
  expected.probes.forEach((subject, index) => {
    table.add({
      scores: Float64Array.from(expected.scores[index]!),
      gallerySubjects: Uint32Array.from(expected.gallery),
      subject,
    })
  })
  const outcomes = table.outcomes()

  it('has the CMC and the mAP', () => {
    expect(Array.from(cmc(outcomes, expected.gallery.length))).toEqual(expected.cmc)
    expect(meanAveragePrecision(outcomes)).toBeCloseTo(expected.map, 12)
  })

  it.each(Object.entries(expected.fnirAtFpir))('at FPIR %s', (fpir, fnir) => {
    expect(fnirAtFpir(openSetScores(outcomes), Number(fpir)).fnir).toBeCloseTo(fnir, 12)
    const limited = fnirAtFpir(openSetScores(outcomes, 2), Number(fpir)).fnir
    expect(limited).toBeCloseTo(expected.fnirAtFpirRank2[fpir]!, 12)
  })

  it('has the figures of SurvFace', () => {
    const { auc, tpirAtFpir } = survFaceOpenSet(outcomes)
    expect(auc).toBeCloseTo(expected.survFace.auc, 12)
    expect(Object.fromEntries(tpirAtFpir.map(({ fpir, tpir }) => [fpir, tpir]))).toEqual(expected.survFace.tpirAtFpir)
  })
})

it.each(golden.wilson)(
  'has the Wilson interval of $successes in $trials',
  ({ successes, trials, confidence, ...bounds }) => {
    const { low, high } = wilsonInterval(successes, trials, confidence)
    expect(low).toBeCloseTo(bounds.low, 12)
    expect(high).toBeCloseTo(bounds.high, 12)
  },
)

it.each(golden.normalQuantile)('has the normal quantile of %d', (p, quantile) => {
  expect(Math.abs(normalQuantile(p) - quantile)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(quantile)))
})
