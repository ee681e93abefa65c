import type { Interval } from './interval.js'
import { normalQuantile } from './normal-quantile.js'

/**
 * The score interval of a rate. It takes trials as independent: where several come from one subject, `bootstrap` is the honest one.
 * Source: E. Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
 * @param successes 0..trials
 * @param confidence in (0, 1), default 0.95
 * @returns the rate with its bounds in [0, 1]; of no trials the value is NaN and the bounds are 0 and 1
 */
export function wilsonInterval(successes: number, trials: number, confidence = 0.95): Interval {
  if (trials === 0) return { value: Number.NaN, low: 0, high: 1 }
  const z = normalQuantile((1 + confidence) / 2)
  const rate = successes / trials
  const shrink = 1 + z ** 2 / trials
  const centre = (rate + z ** 2 / (2 * trials)) / shrink
  const half = (z / shrink) * Math.sqrt((rate * (1 - rate)) / trials + (z / (2 * trials)) ** 2)
  return {
    value: rate,
    // Exact where rounding would leave a remainder.
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === trials ? 1 : Math.min(1, centre + half),
  }
}
