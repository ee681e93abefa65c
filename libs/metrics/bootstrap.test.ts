import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../random/random.js'
import { bootstrap, bootstrapBand, bootstrapDifference, subjectMean } from './bootstrap.js'
import { fnirAtFpir } from './fnir-at-fpir.js'
import { fnirStatistic } from './fnir-statistic.js'
import { fnmrAtFmr } from './fnmr-at-fmr.js'
import { openSetScores } from './open-set-scores.js'
import { createSearchTable } from './search-outcomes.js'
import { tarStatistic } from './tar-statistic.js'
import { verificationScores } from './verification-scores.js'

const SUBJECTS = 5
const subject = fc.integer({ min: 0, max: SUBJECTS - 1 })
const score = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 6 }), weight: 8 },
  { arbitrary: fc.constant(Number.NaN), weight: 1 },
)
const multiplicities = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: SUBJECTS, maxLength: SUBJECTS })
const RATES = [0.05, 0.2, 0.5]

describe('the statistics of the bootstrap', () => {
  it('TAR at FAR counts a comparison as often as its subjects are drawn', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(score, subject, subject), { maxLength: 30 }), multiplicities, (list, times) => {
        const comparisons = {
          scores: Float32Array.from(list, ([score]) => score),
          mated: Uint8Array.from(list, ([, a, b]) => (a === b ? 1 : 0)),
          first: Uint32Array.from(list, ([, a]) => a),
          // Two templates of every subject.
          second: Uint32Array.from(list, ([, , b]) => SUBJECTS + b),
          subjectOf: Uint32Array.from({ length: 2 * SUBJECTS }, (_, template) => template % SUBJECTS),
        }
        const repeated = (mated: boolean) =>
          Float32Array.from(
            list
              .filter(([, a, b]) => (a === b) === mated)
              .flatMap(([score, a, b]) => Array(mated ? times[a]! : times[a]! * times[b]!).fill(score)),
          )
        const scores = verificationScores(repeated(true), repeated(false))
        const expected = RATES.map((far) => fnmrAtFmr(scores, far).tar)
        expect(Array.from(tarStatistic(comparisons, RATES)(Uint32Array.from(times)))).toEqual(expected)
      }),
    )
  })

  it('FNIR at FPIR counts a search as often as its subject is drawn', () => {
    const gallerySubjects = Uint32Array.of(0, 1, 2)
    const searches = fc.array(fc.tuple(subject, fc.tuple(score, score, score)), { maxLength: 15 })
    fc.assert(
      fc.property(searches, multiplicities, fc.constantFrom(1, Number.POSITIVE_INFINITY), (list, times, limit) => {
        const tableOf = (entries: typeof list) => {
          const table = createSearchTable(entries.length)
          for (const [subject, scores] of entries)
            table.add({ subject, scores: Float64Array.from(scores), gallerySubjects })
          return table.outcomes()
        }
        const repeated = tableOf(list.flatMap((entry) => Array<typeof entry>(times[entry[0]]!).fill(entry)))
        const expected = RATES.map((fpir) => fnirAtFpir(openSetScores(repeated, limit), fpir).fnir)
        const statistic = fnirStatistic(
          tableOf(list),
          Uint32Array.from(list, ([subject]) => subject),
          RATES,
          limit,
        )
        expect(Array.from(statistic(Uint32Array.from(times)))).toEqual(expected)
      }),
    )
  })

  it('a mean counts an item as often as its subject is drawn', () => {
    const mean = subjectMean([1, 0, 1], Uint32Array.of(0, 0, 1), 3)
    expect(mean(Uint32Array.of(1, 1, 1))).toBeCloseTo(2 / 3, 12)
    expect(mean(Uint32Array.of(2, 0, 1))).toBe(0.5)
    expect(mean(Uint32Array.of(0, 0, 3))).toBeNaN()
  })
})

describe('bootstrap', () => {
  const random = createRandom(11n)
  const subjectOf = Uint32Array.from({ length: 2000 }, (_, index) => index % 200)
  // All items of a subject are alike: 2,000 items, but 200 independent ones.
  const skill = Float64Array.from({ length: 200 }, () => random.normal())
  const values = Float64Array.from(subjectOf, (subject) => skill[subject] as number)
  const options = { subjects: 200, seed: 7n, replicates: 2000 }
  const mean = subjectMean(values, subjectOf, 200)

  it('is as wide as the number of subjects makes it, not that of items', () => {
    const { value, low, high } = bootstrap(mean, options)
    const sample = skill.reduce((sum, x) => sum + x, 0) / 200
    const deviation = Math.sqrt(skill.reduce((sum, x) => sum + (x - sample) ** 2, 0) / 200)
    expect(value).toBeCloseTo(sample, 12)
    // 1.96 standard errors; 2,000 replicates leave a few per cent of chance.
    const widths = (high - low) / 2 / ((1.96 * deviation) / Math.sqrt(200))
    expect(Math.abs(widths - 1)).toBeLessThan(0.1)
    expect(low).toBeLessThan(value)
    expect(high).toBeGreaterThan(value)
  })

  it('is wider for more confidence, the same for the same seed, another for another', () => {
    const usual = bootstrap(mean, options)
    const sure = bootstrap(mean, { ...options, confidence: 0.99 })
    expect(sure.low).toBeLessThan(usual.low)
    expect(sure.high).toBeGreaterThan(usual.high)
    expect(bootstrap(mean, options)).toEqual(usual)
    expect(bootstrap(mean, { ...options, seed: 8n })).not.toEqual(usual)
  })

  it('pairs two models: a constant gain has no doubt, however much subjects differ', () => {
    const better = subjectMean(
      values.map((value) => value + 0.01),
      subjectOf,
      200,
    )
    const { value, low, high } = bootstrapDifference(better, mean, options)
    for (const figure of [value, low, high]) expect(figure).toBeCloseTo(0.01, 12)
  })

  it('covers the truth about as often as it says', () => {
    const hits = Array.from({ length: 200 }, (_, round) => {
      const sample = Float64Array.from({ length: 60 }, () => random.normal())
      const own = Uint32Array.from(sample, (_, index) => index)
      const { low, high } = bootstrap(subjectMean(sample, own, 60), {
        subjects: 60,
        seed: BigInt(round),
        replicates: 400,
      })
      return low <= 0 && high >= 0
    }).filter(Boolean).length
    // 95 % of 200 less the known shortfall at 60 subjects; four standard errors either side.
    expect(hits).toBeGreaterThan(174)
    expect(hits).toBeLessThan(200)
  })

  it('gives every point of a curve its own band', () => {
    const scaled = (factor: number) => bootstrap((times) => factor * mean(times), options)
    const band = bootstrapBand((times) => Float64Array.of(mean(times), 3 * mean(times)), options)
    expect([band.low[0], band.high[0]]).toEqual([scaled(1).low, scaled(1).high])
    expect([band.low[1], band.high[1]]).toEqual([scaled(3).low, scaled(3).high])
  })

  it('leaves out replicates without a value', () => {
    const { low, high } = bootstrap((times) => (times[0] === 0 ? Number.NaN : 5), {
      subjects: 4,
      seed: 1n,
      replicates: 100,
    })
    expect([low, high]).toEqual([5, 5])
    expect(bootstrap(() => Number.NaN, { subjects: 4, seed: 1n, replicates: 10 }).low).toBeNaN()
  })
})
