import { bestThreshold } from './best-threshold.js'
import { countAtLeast, type Scores } from './scores.js'
import { type VerificationScores, verificationScores } from './verification-scores.js'

/** Scores of one fold of a verification protocol; higher is more similar, NaN is a failed extraction and a rejection. */
export interface Fold {
  readonly mated: Scores
  readonly nonMated: Scores
}

/** Accuracy over folds. */
export interface FoldAccuracy {
  /** Mean over the folds, in [0, 1]. */
  readonly mean: number
  /** Standard error of that mean. */
  readonly standardError: number
}

/**
 * Verification accuracy as LFW defines it: for each fold the threshold that is best on all the others, accuracy on that
 * fold; mean and standard error over the folds. A pair is accepted when its score is at or above the threshold.
 * Source: Huang et al., "Labeled Faces in the Wild" (2007), section 4.
 * @param folds at least two
 */
export function foldAccuracy(folds: readonly Fold[]): FoldAccuracy {
  const accuracies = folds.map(({ mated, nonMated }, held) => {
    const others = folds.filter((_, index) => index !== held)
    const { threshold } = bestThreshold(verificationScores(concat(others, 'mated'), concat(others, 'nonMated')))
    return accuracyAt(verificationScores(mated, nonMated), threshold)
  })
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length
  const variance = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (accuracies.length - 1)
  return { mean, standardError: Math.sqrt(variance / accuracies.length) }
}

function concat(folds: readonly Fold[], side: keyof Fold): Float64Array {
  const all = new Float64Array(folds.reduce((sum, fold) => sum + fold[side].length, 0))
  let offset = 0
  for (const fold of folds) {
    all.set(fold[side], offset)
    offset += fold[side].length
  }
  return all
}

function accuracyAt({ mated, nonMated }: VerificationScores, threshold: number): number {
  const rejected = nonMated.length - countAtLeast(nonMated, threshold)
  return (countAtLeast(mated, threshold) + rejected) / (mated.length + nonMated.length)
}
