import { countAtLeast } from './scores.js'
import type { VerificationScores } from './verification-scores.js'

/** The threshold that decides most comparisons right. */
export interface BestThreshold {
  /** Half-way between two scores, as unseen ones fall on either side; infinite where it is best to accept all or none. */
  readonly threshold: number
  /** The share of comparisons decided right, in [0, 1]; NaN where there are none. */
  readonly accuracy: number
}

/** Half-way from one score to the next; the next where nothing lies between, since what scores at a threshold is accepted. */
function between(score: number, next: number): number {
  const middle = score + (next - score) / 2
  return middle > score ? Math.min(middle, next) : next
}

/** @returns the threshold with the highest accuracy on these scores; of several the lowest */
export function bestThreshold({ mated, nonMated }: VerificationScores): BestThreshold {
  // All accepted but the failed comparisons, which never are; then one distinct score more rejected at a time.
  let matedBelow = mated.length - countAtLeast(mated, Number.NEGATIVE_INFINITY)
  let nonMatedBelow = nonMated.length - countAtLeast(nonMated, Number.NEGATIVE_INFINITY)
  let best = { threshold: Number.NEGATIVE_INFINITY, right: mated.length - matedBelow + nonMatedBelow }
  const lowest = () =>
    Math.min(mated[matedBelow] ?? Number.POSITIVE_INFINITY, nonMated[nonMatedBelow] ?? Number.POSITIVE_INFINITY)
  while (matedBelow < mated.length || nonMatedBelow < nonMated.length) {
    const score = lowest()
    while (matedBelow < mated.length && mated[matedBelow] === score) matedBelow++
    while (nonMatedBelow < nonMated.length && nonMated[nonMatedBelow] === score) nonMatedBelow++
    const right = mated.length - matedBelow + nonMatedBelow
    if (right > best.right) best = { threshold: between(score, lowest()), right }
  }
  return { threshold: best.threshold, accuracy: best.right / (mated.length + nonMated.length) }
}
