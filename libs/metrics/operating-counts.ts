import { countAbove } from './scores.js'
import type { VerificationScores } from './verification-scores.js'

/** The corners of the staircase that a falling threshold walks, as counts. */
export interface OperatingCounts {
  /** Falling, from Infinity; -Infinity where failed comparisons are accepted to close the curve. */
  readonly thresholds: Float64Array
  /** How many non-mated comparisons are at or above it. */
  readonly falseAccepts: Float64Array
  /** How many mated comparisons are at or above it. */
  readonly trueAccepts: Float64Array
}

/**
 * Counts what is accepted at every threshold that matters. A point on a straight run between two others is left out, so that there are
 * no more than about twice as many points as mated (or non-mated) scores, whichever are fewer.
 */
export function operatingCounts({ mated, nonMated }: VerificationScores): OperatingCounts {
  const points = { thresholds: [Number.POSITIVE_INFINITY], falseAccepts: [0], trueAccepts: [0] }
  let [nextMated, nextNonMated] = [mated.length - 1, nonMated.length - 1]
  let run: 'up' | 'right' | 'both' = 'both'
  while (nextMated >= 0 || nextNonMated >= 0) {
    const floor = mated[nextMated] ?? Number.NEGATIVE_INFINITY
    // Over a straight run in one leap, to its last point: non-mated scores are often a thousand times as many.
    if ((nonMated[nextNonMated] as number) > floor) nextNonMated = nonMated.length - countAbove(nonMated, floor)
    const threshold = Math.max(floor, nonMated[nextNonMated] ?? Number.NEGATIVE_INFINITY)
    const [beforeMated, beforeNonMated] = [nextMated, nextNonMated]
    // Tied scores are accepted together.
    while (nextMated >= 0 && mated[nextMated] === threshold) nextMated--
    while (nextNonMated >= 0 && nonMated[nextNonMated] === threshold) nextNonMated--

    const step = nextMated === beforeMated ? 'right' : nextNonMated === beforeNonMated ? 'up' : 'both'
    const place = step !== 'both' && step === run ? points.thresholds.length - 1 : points.thresholds.length
    points.thresholds[place] = threshold
    points.trueAccepts[place] = mated.length - 1 - nextMated
    points.falseAccepts[place] = nonMated.length - 1 - nextNonMated
    run = step
  }
  return {
    thresholds: Float64Array.from(points.thresholds),
    falseAccepts: Float64Array.from(points.falseAccepts),
    trueAccepts: Float64Array.from(points.trueAccepts),
  }
}
