/** Scores of one fold of a verification protocol; higher is more similar. */
export interface Fold {
  readonly mated: Float32Array
  readonly nonMated: Float32Array
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
  const accuracies = folds.map((fold, held) => {
    const others = folds.filter((_, index) => index !== held)
    return accuracyAt(fold, bestThreshold(others))
  })
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length
  const variance = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (accuracies.length - 1)
  return { mean, standardError: Math.sqrt(variance / accuracies.length) }
}

/** The threshold that decides most pairs right; of several the lowest. */
function bestThreshold(folds: readonly Fold[]): number {
  const scores = folds
    .flatMap(({ mated, nonMated }) => [
      ...Array.from(mated, (score) => ({ score, mated: true })),
      ...Array.from(nonMated, (score) => ({ score, mated: false })),
    ])
    .sort((a, b) => a.score - b.score)
  // From below the lowest score (all accepted) upwards, one distinct score at a time.
  let right = scores.filter((pair) => pair.mated).length
  let best = { threshold: Number.NEGATIVE_INFINITY, right }
  for (let i = 0; i < scores.length; i++) {
    const pair = scores[i] as (typeof scores)[number]
    right += pair.mated ? -1 : 1
    const next = scores[i + 1]
    if (next?.score === pair.score) continue
    // Half-way to the next score, as unseen pairs fall on either side.
    const threshold = next ? (pair.score + next.score) / 2 : Number.POSITIVE_INFINITY
    if (right > best.right) best = { threshold, right }
  }
  return best.threshold
}

function accuracyAt({ mated, nonMated }: Fold, threshold: number): number {
  const accepted = mated.filter((score) => score >= threshold).length
  const rejected = nonMated.filter((score) => score < threshold).length
  return (accepted + rejected) / (mated.length + nonMated.length)
}
