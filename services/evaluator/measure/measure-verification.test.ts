import { describe, expect, it } from 'vitest'
import { measureVerification, reportedFars } from './measure-verification.js'

/** Two folds of mated and non-mated comparisons of ten subjects, with noise that depends on the place alone. */
function comparisonsOf(size: number, folds: number) {
  const places = Array.from({ length: size }, (_, i) => i)
  const noise = (i: number) => ((i * 7919) % 101) / 101
  return {
    scores: Float32Array.from(places, (i) => (i % 2 ? 0.5 : 0.2) + 0.4 * noise(i)),
    mated: Uint8Array.from(places, (i) => i % 2),
    first: Uint32Array.from(places, (i) => i % 10),
    second: Uint32Array.from(places, (i) => (i % 2 ? i % 10 : (i + 3) % 10)),
    subjectOf: Uint32Array.from({ length: 10 }, (_, template) => template),
    subjects: 10,
    fold: Uint8Array.from(places, (i) => Math.floor((i * folds) / size)),
    folds,
  }
}

const find = (measured: ReturnType<typeof measureVerification>, metric: string, parameter = 0) =>
  measured.figures.find((figure) => figure.metric === metric && figure.parameter === parameter)

describe('reportedFars', () => {
  it('reaches down where there are enough non-mated comparisons, and up for QMUL-SurvFace', () => {
    expect(reportedFars(3_000)).toEqual([1e-4, 1e-3, 1e-2, 1e-1])
    expect(reportedFars(999_999)).toHaveLength(4)
    expect(reportedFars(1_000_000)).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
    // IJB-C.
    expect(reportedFars(15_638_932)[0]).toBe(1e-6)
    expect(reportedFars(5_320, true)).toEqual([1e-4, 1e-3, 1e-2, 1e-1, 0.3])
  })
})

describe('measureVerification', () => {
  it('has its figures inside their intervals, and the statistic that gave them', () => {
    const measured = measureVerification(comparisonsOf(400, 2), { seed: 3n, replicates: 300 })
    expect(measured.figures.map(({ metric }) => metric)).toEqual([
      'accuracy',
      ...Array(4).fill('tar_at_far'),
      'eer',
      'auc',
    ])
    for (const { metric, value, low, high } of measured.figures) {
      // The two folds are alike.
      if (metric === 'accuracy') continue
      expect(low).toBeLessThan(value)
      expect(value).toBeLessThan(high)
    }
    const [tar] = measured.statistics
    const once = tar?.statistic(new Uint32Array(10).fill(1))
    for (const [i, far] of (tar?.parameters ?? []).entries()) {
      expect(once?.[i]).toBe(find(measured, 'tar_at_far', far)?.value)
    }
  })

  it('has no accuracy without folds, and Wilson’s interval where no error was seen', () => {
    const comparisons = { ...comparisonsOf(40, 1), scores: Float32Array.from({ length: 40 }, (_, i) => i % 2) }
    const measured = measureVerification(comparisons, { seed: 3n, replicates: 300 })
    expect(find(measured, 'accuracy')).toBeUndefined()
    // Wilson (1927) for 20 of 20: 1 / (1 + 1.96^2 / 20).
    expect(find(measured, 'tar_at_far', 0.1)).toMatchObject({ value: 1, high: 1, low: expect.closeTo(0.8389, 4) })
  })
})
