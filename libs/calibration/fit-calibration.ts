import { DomainError } from '../config/domain-error.js'
import type { Scores } from '../metrics/scores.js'
import { risingScores } from '../metrics/sort-scores.js'
import type { Calibration } from '../models/model-card.js'
import { LINEAR_SCALE, LOG_SCALE, type RatePoint, sampleCurve } from './rate-curve.js'
import { falseMatchRate, mixRates, type ScoreRate, trueAcceptRate } from './score-rates.js'

/** What was scored at one resolution band: a probe of it against a template of full resolution, cosines in [-1, 1]. */
export interface BandScores {
  /** Upper edge in pixels; 0 is full resolution. */
  readonly resolution: number
  /** Of comparisons of different subjects, in any order; NaN where an extraction failed: no probe of such a kind asks for a decision. */
  readonly nonMated: Scores
  /** Of comparisons of a subject with itself, likewise. */
  readonly mated: Scores
}

/** Comparisons from which on a band speaks for itself: a hundred of them at a rate of 1e-2. */
export const ENOUGH_NON_MATED = 10_000
/** The same for comparisons of a subject with itself. */
export const ENOUGH_MATED = 200
/** With fewer comparisons in all bands together there is nothing to fit. */
const LEAST_NON_MATED = 100

const HIGHEST = 1

/**
 * Fits false match and false non-match rates over the score, for each band: see falseMatchRate and trueAcceptRate.
 *
 * A band with n comparisons, fewer than enough, borrows from all bands together: its rate is n / enough times its own and the rest times
 * the mean of all bands weighted by their comparisons (a linear opinion pool; M. Stone, 1961). It is bands of high resolution that run
 * short, for a face can be made smaller and not larger; what they borrow is of lower resolution, where strangers score higher, and so
 * the loan makes thresholds higher and not lower.
 * @param dataset digest of the data
 * @throws DomainError CALIBRATION_DATA_INSUFFICIENT
 */
export function fitCalibration(bands: readonly BandScores[], dataset: string): Calibration {
  const sorted = bands.map(({ resolution, nonMated, mated }) => ({
    resolution,
    nonMated: successful(nonMated),
    mated: successful(mated),
  }))
  const total = sorted.reduce((sum, { nonMated }) => sum + nonMated.length, 0)
  const matedTotal = sorted.reduce((sum, { mated }) => sum + mated.length, 0)
  if (total < LEAST_NON_MATED || matedTotal === 0) throw insufficient(total, matedTotal)

  const matches = borrowing(
    sorted.map(({ nonMated }) => nonMated),
    (scores) => falseMatchRate(scores, HIGHEST),
    ENOUGH_NON_MATED,
  )
  const accepts = borrowing(
    sorted.map(({ mated }) => mated),
    trueAcceptRate,
    ENOUGH_MATED,
  )
  const nonMatedRange = rangeOf(sorted.map(({ nonMated }) => nonMated))
  const matedRange = rangeOf(sorted.map(({ mated }) => mated))
  return {
    bands: sorted.map(({ resolution, nonMated, mated }, i) => ({
      resolution,
      curve: falling(sampleCurve(matches[i] as ScoreRate, nonMatedRange, LOG_SCALE), 'fmr', (rate) => rate),
      misses: falling(sampleCurve(accepts[i] as ScoreRate, matedRange, LINEAR_SCALE), 'fnmr', (rate) => 1 - rate),
      impostors: nonMated.length,
      mated: mated.length,
    })),
    dataset,
  }
}

/** @returns the rate of each sample, which is mixed with that of all where it is small */
function borrowing(samples: readonly Scores[], rateOf: (rising: Scores) => ScoreRate, enough: number): ScoreRate[] {
  const present = samples.filter(({ length }) => length > 0)
  const own = new Map(present.map((scores) => [scores, rateOf(scores)]))
  const all = mixRates(
    [...own.values()],
    present.map(({ length }) => length),
  )
  return samples.map((scores) => {
    const rate = own.get(scores)
    if (rate === undefined) return all
    return scores.length >= enough ? rate : mixRates([rate, all], [scores.length, enough - scores.length])
  })
}

/** Rising, without failed comparisons. */
function successful(scores: Scores): Scores {
  const rising = risingScores(scores)
  const first = rising.findIndex((score) => score > Number.NEGATIVE_INFINITY)
  return rising.subarray(first < 0 ? rising.length : first)
}

function rangeOf(samples: readonly Scores[]): [number, number] {
  return [samples.reduce((least, scores) => Math.min(least, scores[0] ?? HIGHEST), HIGHEST), HIGHEST]
}

/** The card has points by falling score, and no more digits than mean something. */
function falling<K extends string>(points: readonly RatePoint[], key: K, toRate: (rate: number) => number) {
  return points
    .map(
      ({ score, rate }) =>
        ({ score, [key]: Number(toRate(rate).toPrecision(4)) }) as { score: number } & Record<K, number>,
    )
    .toReversed()
}

function insufficient(nonMated: number, mated: number): DomainError {
  return new DomainError(
    'CALIBRATION_DATA_INSUFFICIENT',
    `${nonMated} comparisons of different people and ${mated} of the same ones say nothing of error rates: take a data set of more subjects, most of them with two pictures or more.`,
  )
}
