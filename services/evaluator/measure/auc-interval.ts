import type { Interval } from '../../../libs/metrics/interval.js'

/** Half the width of a 95 % interval in standard errors. */
const Z = 1.96

/**
 * The interval of an area under a ROC curve, from its standard error; takes comparisons as independent.
 * Source: J. Hanley, B. McNeil, "The meaning and use of the area under a receiver operating characteristic curve" (1982), equation 1.
 * @param area in [0, 1]
 * @param mated scores behind it, >= 1
 * @param nonMated scores behind it, >= 1
 */
export function aucInterval(area: number, mated: number, nonMated: number): Interval {
  const [q1, q2] = [area / (2 - area), (2 * area ** 2) / (1 + area)]
  const variance =
    (area * (1 - area) + (mated - 1) * (q1 - area ** 2) + (nonMated - 1) * (q2 - area ** 2)) / (mated * nonMated)
  const half = Z * Math.sqrt(Math.max(0, variance))
  return { value: area, low: Math.max(0, area - half), high: Math.min(1, area + half) }
}
