import { describe, expect, it } from 'vitest'
import { foldAccuracy } from './ten-fold.js'

const fold = (mated: number[], nonMated: number[]) => ({
  mated: Float32Array.from(mated),
  nonMated: Float32Array.from(nonMated),
})

describe('foldAccuracy', () => {
  it('is perfect where scores separate', () => {
    const folds = [fold([0.9, 0.8], [0.1, 0.2]), fold([0.85, 0.75], [0.15, 0.3])]
    expect(foldAccuracy(folds)).toEqual({ mean: 1, standardError: 0 })
  })

  it('chooses the threshold on the other folds, not on the fold itself', () => {
    // The second fold's own best threshold would decide all four right; the first fold's (0.6) decides two.
    const folds = [fold([0.9, 0.7], [0.5, 0.1]), fold([0.4, 0.3], [0.2, 0.1])]
    const { mean, standardError } = foldAccuracy(folds)
    // Fold 1 at the threshold 0.25: 0.9, 0.7 accepted and 0.1 rejected; fold 2 at 0.6: 0.2 and 0.1 rejected.
    expect(mean).toBeCloseTo((0.75 + 0.5) / 2, 12)
    expect(standardError).toBeCloseTo(0.125, 12)
  })

  it('accepts ties at the threshold together', () => {
    const folds = [fold([0.5, 0.5], [0.5, 0.1]), fold([0.5, 0.5], [0.5, 0.1])]
    expect(foldAccuracy(folds).mean).toBeCloseTo(0.75, 12)
  })
})
