import type { ScoreRate } from './score-rates.js'

/** A point of a curve. */
export interface RatePoint {
  readonly score: number
  readonly rate: number
}

/** How a curve is brought down to few points, and read between them. */
export interface CurveScale {
  /** Rates to have a point at, falling. */
  readonly levels: readonly number[]
  /** A measure in which curves are nearly straight; rising. */
  toScale(rate: number): number
  fromScale(value: number): number
  /** Whether the rate falls so far at one score that the curve needs a point on either side. */
  isJump(before: number, after: number): boolean
}

/** Steps of each decade from 1 down to 1e-8: beyond that no amount of faces says anything. */
const STEPS = [8, 8, 8, 6, 6, 4, 4, 4]
/** Rates before the first step. */
const TOP = [0.99, 0.95, 0.9, 0.8]
/** Scores are kept to this. */
const RESOLUTION = 1e-6

/** For rates that matter by their order of magnitude: straight in the logarithm. */
export const LOG_SCALE: CurveScale = {
  levels: [
    ...TOP,
    ...STEPS.flatMap((steps, decade) => Array.from({ length: steps }, (_, i) => 10 ** -(decade + (i + 1) / steps))),
  ],
  toScale: (rate) => Math.log(Math.max(rate, Number.MIN_VALUE)),
  fromScale: Math.exp,
  isJump: (before, after) => before > 1.1 * after,
}

const ENDS = [0.001, 0.002, 0.005, 0.01, 0.02]
const MIDDLE = Array.from({ length: 19 }, (_, i) => (i + 1) / 20)

/** For rates between 0 and 1 alike. */
export const LINEAR_SCALE: CurveScale = {
  levels: [...ENDS.map((end) => 1 - end), ...MIDDLE.toReversed(), ...ENDS.toReversed(), 0],
  toScale: (rate) => rate,
  fromScale: (value) => value,
  isJump: (before, after) => before - after > 0.03,
}

/**
 * Brings a rate down to a curve: for each level the lowest score whose rate is not above it. Scores are rounded up, so a threshold read at
 * a level is never too low. Where many scores are tied, the rates on both sides of them are kept.
 * @param range the scores to look at: below the first the rate is what it is there, above the last one as well
 * @returns by rising score, each once; rates never rise
 */
export function sampleCurve(rate: ScoreRate, range: readonly [number, number], scale: CurveScale): RatePoint[] {
  const [low, high] = [rounded(Math.floor(range[0] / RESOLUTION)), range[1]]
  const points = [{ score: low, rate: rate(low) }]
  const add = (score: number, value: number) => {
    const last = points.at(-1) as RatePoint
    if (score > last.score && value <= last.rate) points.push({ score, rate: value })
  }
  for (const level of scale.levels) {
    const score = lowestScore(rate, level, low, high)
    if (score === undefined) break
    const [below, above] = [stepFrom(score, -1), stepFrom(score, 1)]
    // The jump is at a score between `below` and `score`, which must read as before it.
    if (scale.isJump(rate(below), rate(score))) {
      add(score, rate(below))
      add(above, rate(above))
    } else add(score, level)
  }
  add(high, rate(high))
  return points
}

/**
 * @param points by rising score, at least one
 * @returns the rate at a score, straight between points in the scale
 */
export function rateAt(points: readonly RatePoint[], score: number, scale: CurveScale): number {
  const above = points.findIndex((point) => point.score > score)
  if (above === 0) return (points[0] as RatePoint).rate
  const last = points.at(above < 0 ? -1 : above - 1) as RatePoint
  const next = points[above]
  if (above < 0 || next === undefined || last.score === score) return last.rate
  const share = (score - last.score) / (next.score - last.score)
  return scale.fromScale((1 - share) * scale.toScale(last.rate) + share * scale.toScale(next.rate))
}

/**
 * @param points by rising score, at least one
 * @returns the lowest score whose rate is not above `rate`; undefined where no score reaches it
 */
export function scoreAt(points: readonly RatePoint[], rate: number, scale: CurveScale): number | undefined {
  const place = points.findIndex((point) => point.rate <= rate)
  const reached = points[place]
  const before = points[place - 1]
  if (reached === undefined || before === undefined || reached.rate === rate) return reached?.score
  const [from, to] = [scale.toScale(before.rate), scale.toScale(reached.rate)]
  const share = (scale.toScale(rate) - from) / (to - from)
  return before.score + share * (reached.score - before.score)
}

/** By bisection; rates never rise. */
function lowestScore(rate: ScoreRate, level: number, low: number, high: number): number | undefined {
  if (rate(high) > level) return undefined
  let [out, reached] = [Math.floor(low / RESOLUTION) - 1, Math.ceil(high / RESOLUTION)]
  while (reached - out > 1) {
    const middle = Math.floor((out + reached) / 2)
    if (rate(rounded(middle)) <= level) reached = middle
    else out = middle
  }
  return Math.min(high, rounded(reached))
}

const stepFrom = (score: number, steps: number) => rounded(Math.round(score / RESOLUTION) + steps)
/** Without the digits that a product leaves behind. */
const rounded = (steps: number) => Number((steps * RESOLUTION).toFixed(6))
