import { describe, expect, it } from 'vitest'
import { normalQuantile } from '../metrics/normal-quantile.js'
import { ModelCardSchema } from '../models/model-card.js'
import { anyCard } from '../models/testing/any-card.js'
import { createRandom, type Random } from '../random/random.js'
import { calibratedBand, fmrForFpir } from './apply-calibration.js'
import { type BandScores, ENOUGH_NON_MATED, fitCalibration } from './fit-calibration.js'

/** Strangers of the normal distribution, as cosines of two random unit vectors of 64 values would be, about. */
const [MEAN, DEVIATION] = [0.1, 0.125]
const normalThreshold = (fmr: number) => MEAN - DEVIATION * normalQuantile(fmr)

/** A sum of uniform numbers has no tail worth the name: it ends. */
const bounded = (random: Random) => (random.uniform() + random.uniform()) / 2
/** P(mean of two uniforms >= t) = 2 (1 - t)^2 for t >= 1/2. */
const boundedThreshold = (fmr: number) => 1 - Math.sqrt(fmr / 2)

const draw = (count: number, one: () => number) => Float32Array.from({ length: count }, one)
const band = (resolution: number, nonMated: Float32Array, mated = Float32Array.of(0.6, 0.7)): BandScores => ({
  resolution,
  nonMated,
  mated,
})
const fitted = (bands: readonly BandScores[], resolution = 0) => {
  const found = calibratedBand(fitCalibration(bands, 'digest'), resolution)
  if (found === undefined) throw new Error('no band')
  return found
}
const threshold = (nonMated: Float32Array, fmr: number) => fitted([band(0, nonMated)]).thresholdForFmr(fmr)

describe('thresholds against distributions whose tails are known', () => {
  /** What error a threshold really has, as a factor of the target; the mean over several draws, and the worst. */
  const factors = (count: number, fmr: number, one: (random: Random) => number, trueRate: (t: number) => number) =>
    Array.from({ length: 12 }, (_, seed) => {
      const random = createRandom(BigInt(seed + 1))
      const scores = draw(count, () => one(random))
      // Without a threshold nobody is accepted.
      return trueRate(threshold(scores, fmr) ?? 1) / fmr
    })
  const normal = (random: Random) => MEAN + DEVIATION * random.normal()
  const normalRate = (t: number) => upperTail((t - MEAN) / DEVIATION)
  const boundedRate = (t: number) => 2 * Math.max(0, 1 - t) ** 2

  it.each([
    ['normal', 1e-1, 0.97, 1.03],
    ['normal', 1e-2, 0.92, 1.08],
    ['normal', 1e-3, 0.8, 1.2],
    ['normal', 1e-4, 0.5, 1.5],
    ['bounded', 1e-1, 0.97, 1.03],
    ['bounded', 1e-2, 0.92, 1.08],
    ['bounded', 1e-3, 0.8, 1.2],
    // That it ends cannot be known.
    ['bounded', 1e-4, 0.3, 1.5],
  ])(
    '%s, 200,000 comparisons, target %d: the true rate is %d to %d times it in each of 12 draws',
    (kind, fmr, low, high) => {
      const found =
        kind === 'normal' ? factors(200_000, fmr, normal, normalRate) : factors(200_000, fmr, bounded, boundedRate)
      expect(Math.min(...found)).toBeGreaterThan(low)
      expect(Math.max(...found)).toBeLessThan(high)
    },
  )

  it.each([1_000, 10_000, 100_000])('beyond what %i comparisons have seen it errs to the safe side', (count) => {
    const fmr = 0.1 / count
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(factors(count, fmr, normal, normalRate))).toBeLessThan(1)
    expect(mean(factors(count, fmr, bounded, boundedRate))).toBeLessThan(1)
  })

  it('tells the score of a rate and the rate of a score alike', () => {
    const random = createRandom(3n)
    const found = fitted([
      band(
        0,
        draw(100_000, () => normal(random)),
      ),
    ])
    for (const fmr of [0.5, 0.1, 0.03, 1e-2, 1e-3, 1e-4, 1e-5]) {
      const score = found.thresholdForFmr(fmr) as number
      expect(found.fmrOfScore(score) / fmr).toBeCloseTo(1, 2)
      if (fmr >= 1e-3) expect(score).toBeCloseTo(normalThreshold(fmr), 1)
    }
    expect(found.fmrOfScore(-1)).toBe(1)
    expect(found.fmrOfScore(1)).toBeLessThan(1e-6)
  })
})

describe('samples of every kind', () => {
  const random = createRandom(5n)
  const samples: [string, Float32Array][] = [
    ['a hundred of the same', new Float32Array(100).fill(0.25)],
    ['two values', draw(5_000, () => (random.uniform() < 0.1 ? 0.75 : 0.25))],
    ['eleven values', draw(50_000, () => Math.round(random.uniform() * 10) / 10)],
    ['quarters of a normal', draw(20_000, () => Math.round(random.normal() * 4) / 16)],
    ['a hundred', draw(100, () => random.uniform(-1, 1))],
    ['one far off', Float32Array.of(...draw(20_000, () => 0.1 * random.normal()), 0.99)],
    ['up to the very top', draw(1_000, () => (random.uniform() < 0.05 ? 1 : random.uniform()))],
    ['with failures', draw(3_000, () => (random.uniform() < 0.3 ? Number.NaN : random.uniform(0, 0.5)))],
  ]

  it.each(samples)('%s: monotone, and never less than what was seen', (_, nonMated) => {
    const seen = nonMated.filter((score) => !Number.isNaN(score))
    const { curve } = fitCalibration([band(0, nonMated)], 'digest').bands[0] ?? { curve: [] }
    expect(curve.length).toBeLessThanOrEqual(70)
    for (const [i, { score, fmr }] of curve.entries()) {
      expect(score).toBeLessThan(curve[i - 1]?.score ?? 2)
      expect(fmr).toBeGreaterThanOrEqual(curve[i - 1]?.fmr ?? 0)
    }
    const found = fitted([band(0, nonMated)])
    for (const score of new Set(seen.slice(0, 500))) {
      const accepted = seen.filter((other) => other >= score).length
      expect(found.fmrOfScore(score) * 1.12).toBeGreaterThanOrEqual(accepted / seen.length)
    }
    for (const target of [0.1, 1e-2, 1e-3, 1e-5, 1e-8]) {
      const lowest = found.thresholdForFmr(target)
      if (lowest === undefined) continue
      const accepted = seen.filter((other) => other >= lowest).length
      expect(accepted / seen.length).toBeLessThanOrEqual(target * 1.001)
    }
  })

  it('ties come in together or stay out together', () => {
    const nonMated = Float32Array.from({ length: 20_000 }, (_, i) => (i < 2_000 ? 0.75 : 0.25))
    const found = fitted([band(0, nonMated)])
    expect(found.fmrOfScore(0.75)).toBeCloseTo(0.1, 3)
    expect(found.fmrOfScore(0.5)).toBeCloseTo(0.1, 3)
    expect(found.fmrOfScore(0.25)).toBe(1)
    expect(found.thresholdForFmr(0.11)).toBeCloseTo(0.25, 5)
    expect(found.thresholdForFmr(0.11)).toBeGreaterThan(0.25)
    expect(found.thresholdForFmr(0.09)).toBeGreaterThan(0.75)
  })

  it('has no threshold for a rate of which the data say nothing', () => {
    expect(threshold(new Float32Array(100).fill(0.25), 1e-3)).toBeUndefined()
    expect(threshold(new Float32Array(1_000).fill(1), 1e-2)).toBeUndefined()
  })

  it('refuses what says nothing of error rates', () => {
    const insufficient = expect.objectContaining({ reason: 'CALIBRATION_DATA_INSUFFICIENT' })
    expect(() => fitCalibration([], 'digest')).toThrow(insufficient)
    expect(() => fitCalibration([band(0, new Float32Array(99))], 'digest')).toThrow(insufficient)
    expect(() => fitCalibration([band(0, new Float32Array(1_000), new Float32Array())], 'digest')).toThrow(insufficient)
    expect(() => fitCalibration([band(0, new Float32Array(1_000).fill(Number.NaN))], 'digest')).toThrow(insufficient)
  })
})

describe('bands', () => {
  const random = createRandom(7n)
  const sharp = draw(40_000, () => 0.1 * random.normal())
  const blurred = draw(40_000, () => 0.5 + 0.1 * random.normal())

  it('takes the next edge upwards, full resolution where the face is larger or unknown', () => {
    const calibration = fitCalibration([band(0, sharp), band(64, sharp), band(16, blurred)], 'digest')
    const edges = [1, 15, 16, 17, 64, 65, 1_000, 0].map((pixels) => calibratedBand(calibration, pixels)?.resolution)
    expect(edges).toEqual([16, 16, 16, 64, 64, 0, 0, 0])
    const low = { ...calibration, bands: calibration.bands.filter(({ resolution }) => resolution === 16) }
    expect(calibratedBand(low, 17)).toBeUndefined()
    expect(calibratedBand(low, 0)).toBeUndefined()
  })

  it('keeps bands apart that have enough', () => {
    const bands = [band(0, sharp), band(16, blurred)]
    const at = (resolution: number) => fitted(bands, resolution).thresholdForFmr(1e-2) as number
    expect(at(0)).toBeCloseTo(0.2326, 2)
    expect(at(16)).toBeCloseTo(0.7326, 2)
  })

  it('lends to bands that have not, the more the less they have', () => {
    const at = (count: number) =>
      fitted([band(0, sharp.subarray(0, count)), band(16, blurred)]).thresholdForFmr(1e-2) as number
    const counts = [0, 100, 1_000, ENOUGH_NON_MATED / 2, ENOUGH_NON_MATED - 1, ENOUGH_NON_MATED]
    const thresholds = counts.map(at)
    expect(thresholds).toEqual(thresholds.toSorted((a, b) => b - a))
    expect(thresholds[0]).toBeCloseTo(0.7326, 2)
    expect(thresholds.at(-1)).toBeCloseTo(0.2326, 1)
    expect(fitCalibration([band(0, sharp.subarray(0, 100)), band(16, blurred)], 'digest').bands[0]?.impostors).toBe(100)
  })

  it('tells how many are missed, failed probes apart', () => {
    const mated = Float32Array.from({ length: 1_000 }, (_, i) => (i % 10 === 0 ? Number.NaN : 0.5 + i / 2_000))
    const found = fitted([band(0, sharp, mated)])
    for (const [score, fnmr] of [
      [0.4, 0],
      [0.5, 0],
      [0.625, 0.25],
      [0.75, 0.5],
      [0.95, 0.9],
      [1, 1],
    ] as const) {
      expect(found.fnmrAt(score)).toBeCloseTo(fnmr, 1)
    }
  })

  it('fits the card, compactly', () => {
    const calibration = fitCalibration(
      [8, 12, 16, 24, 32, 48, 64, 128, 0].map((edge) => band(edge, sharp)),
      'digest',
    )
    const card = anyCard({ calibration })
    expect(ModelCardSchema.parse(JSON.parse(JSON.stringify(card)))).toEqual(card)
    expect(JSON.stringify(calibration).length).toBeLessThan(40_000)
  })
})

describe('the rate of each comparison of a search', () => {
  it('makes up the rate of the search', () => {
    for (const fpir of [0.5, 1e-2, 1e-6]) {
      for (const templates of [1, 2, 1_000]) {
        expect((1 - (1 - fmrForFpir(fpir, templates)) ** templates) / fpir).toBeCloseTo(1, 6)
      }
    }
    expect(fmrForFpir(1e-2, 1)).toBeCloseTo(1e-2, 12)
    expect(fmrForFpir(1e-2, 0)).toBe(fmrForFpir(1e-2, 1))
    // Naive arithmetic answers 0 here.
    expect(fmrForFpir(1e-9, 1e9) / 1e-18).toBeCloseTo(1, 6)
  })
})

/** P(Z >= z) of the standard normal, z >= 0, by bisection of its quantile function. */
function upperTail(z: number): number {
  let [low, high] = [-40, 0]
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (-normalQuantile(Math.exp(middle)) > z) low = middle
    else high = middle
  }
  return Math.exp((low + high) / 2)
}

it('knows the thresholds it is held to', () => {
  expect(upperTail(normalQuantile(0.999))).toBeCloseTo(1e-3, 9)
  expect(2 * (1 - boundedThreshold(1e-3)) ** 2).toBeCloseTo(1e-3, 12)
})
