import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cmc, rankRate } from './cmc.js'
import { fnirAtFpir, openSetCurve } from './fnir-at-fpir.js'
import { meanAveragePrecision } from './mean-average-precision.js'
import { openSetScores } from './open-set-scores.js'
import { nextAbove, UNKNOWN_SUBJECT } from './scores.js'
import { createSearchTable } from './search-outcomes.js'
import { survFaceOpenSet } from './survface-open-set.js'

interface Experiment {
  readonly gallery: number[]
  readonly probes: readonly { readonly subject: number; readonly scores: number[] }[]
}

// Few subjects and values: several templates each, and ties.
const subject = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 4 }), weight: 6 },
  { arbitrary: fc.constant(UNKNOWN_SUBJECT), weight: 1 },
)
const score = fc.oneof(
  { arbitrary: fc.integer({ min: -3, max: 3 }), weight: 9 },
  { arbitrary: fc.constant(Number.NaN), weight: 1 },
)
const experiments: fc.Arbitrary<Experiment> = fc.array(subject, { minLength: 1, maxLength: 8 }).chain((gallery) =>
  fc.record({
    gallery: fc.constant(gallery),
    probes: fc.array(
      fc.record({ subject, scores: fc.array(score, { minLength: gallery.length, maxLength: gallery.length }) }),
      { maxLength: 12 },
    ),
  }),
)

const outcomesOf = ({ gallery, probes }: Experiment) => {
  const table = createSearchTable(probes.length)
  for (const { subject, scores } of probes) {
    table.add({ subject, scores: Float64Array.from(scores), gallerySubjects: Uint32Array.from(gallery) })
  }
  return table.outcomes()
}

/** The list of candidates as hits and misses: failed comparisons left out, of equal scores the mates last. */
const candidates = (gallery: number[], { subject, scores }: Experiment['probes'][number]) =>
  scores
    .map((score, index) => ({ score, mate: gallery[index] === subject && subject !== UNKNOWN_SUBJECT }))
    .filter(({ score }) => !Number.isNaN(score))
    .sort((a, b) => b.score - a.score || Number(a.mate) - Number(b.mate))
const isMated = (gallery: number[], subject: number) => subject !== UNKNOWN_SUBJECT && gallery.includes(subject)

describe('the metrics of identification, by their definitions', () => {
  it('CMC: how many mates are found by a rank', () => {
    fc.assert(
      fc.property(experiments, (experiment) => {
        const { gallery, probes } = experiment
        const mated = probes.filter(({ subject }) => isMated(gallery, subject))
        const curve = cmc(outcomesOf(experiment), gallery.length)
        expect(curve.length).toBe(mated.length > 0 ? gallery.length : 0)
        curve.forEach((share, index) => {
          const hits = mated.filter((probe) =>
            candidates(gallery, probe)
              .slice(0, index + 1)
              .some(({ mate }) => mate),
          )
          expect(share).toBe(hits.length / mated.length)
        })
      }),
    )
  })

  it('mAP: the loop over all ranks', () => {
    fc.assert(
      fc.property(experiments, (experiment) => {
        const { gallery, probes } = experiment
        const mated = probes.filter(({ subject }) => isMated(gallery, subject))
        const precisions = mated.map((probe) => {
          const templates = gallery.filter((subject) => subject === probe.subject).length
          let [area, found, recallBefore, precisionBefore] = [0, 0, 0, 1]
          candidates(gallery, probe).forEach(({ mate }, index) => {
            found += mate ? 1 : 0
            const [recall, precision] = [found / templates, found / (index + 1)]
            area += ((recall - recallBefore) * (precisionBefore + precision)) / 2
            ;[recallBefore, precisionBefore] = [recall, precision]
          })
          return area
        })
        const mean = precisions.reduce((sum, value) => sum + value, 0) / mated.length
        const map = meanAveragePrecision(outcomesOf(experiment))
        if (mated.length === 0) expect(map).toBeNaN()
        else expect(map).toBeCloseTo(mean, 12)
      }),
    )
  })

  it('FNIR at FPIR: the lowest top score that keeps the rate', () => {
    fc.assert(
      fc.property(
        experiments,
        fc.constantFrom(0, 0.1, 0.3, 0.5, 1),
        fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
        (experiment, fpir, limit) => {
          const { gallery, probes } = experiment
          const lists = (mated: boolean) =>
            probes
              .filter(({ subject }) => isMated(gallery, subject) === mated)
              .map((probe) => candidates(gallery, probe))
          const [mated, nonMated] = [lists(true), lists(false)]
          const tops = nonMated.map((list) => list[0]?.score ?? Number.NEGATIVE_INFINITY)
          const share = (threshold: number) => tops.filter((top) => top >= threshold).length / tops.length
          const fitting = tops.filter((top) => top > Number.NEGATIVE_INFINITY && share(top) <= fpir)
          const threshold = fitting.length > 0 ? Math.min(...fitting) : nextAbove(Math.max(...tops))
          const misses = mated.filter(
            (list) => !list.slice(0, limit).some(({ score, mate }) => mate && score >= threshold),
          )

          const point = fnirAtFpir(openSetScores(outcomesOf(experiment), limit), fpir)
          if (tops.length === 0) expect(point).toEqual({ threshold: NaN, fpir: NaN, fnir: NaN })
          else {
            expect(point).toEqual({ threshold, fpir: share(threshold), fnir: misses.length / mated.length })
          }
        },
      ),
    )
  })

  it('the open-set curve: falls through the points of the single rates', () => {
    fc.assert(
      fc.property(experiments, (experiment) => {
        const scores = openSetScores(outcomesOf(experiment))
        const { thresholds, fpir, fnir } = openSetCurve(scores)
        fpir.forEach((rate, index) => {
          const point = { threshold: thresholds[index], fpir: rate, fnir: fnir[index] }
          expect(fnirAtFpir(scores, rate)).toEqual(point)
        })
      }),
    )
  })
})

describe('a table of searches', () => {
  const search = (scores: number[], gallery: number[], subject: number, mated?: boolean) => {
    const table = createSearchTable(1)
    table.add({
      scores: Float32Array.from(scores),
      gallerySubjects: Uint32Array.from(gallery),
      subject,
      ...(mated === undefined ? {} : { mated }),
    })
    return table.outcomes()
  }

  it('never breaks a tie in favour of the mate', () => {
    expect(search([0.5, 0.5, 0.5], [1, 2, 3], 1).mateRank[0]).toBe(3)
    expect(rankRate(search([0.5, 0.5], [1, 2], 1), 1)).toBe(0)
  })

  it('counts a failed extraction as a miss at every rank and threshold', () => {
    for (const failed of [search([NaN, NaN, NaN], [1, 2, 3], 1), search([NaN, 0.4, 0.2], [1, 2, 3], 1)]) {
      expect(Array.from(cmc(failed, 3))).toEqual([0, 0, 0])
      expect(meanAveragePrecision(failed)).toBe(0)
      expect(openSetScores(failed).mated).toEqual(Float64Array.of(Number.NEGATIVE_INFINITY))
    }
    expect(openSetScores(search([NaN, NaN], [1, 2], 3)).nonMated).toEqual(Float64Array.of(Number.NEGATIVE_INFINITY))
  })

  it('counts a mate that a list of candidates lacks as a miss', () => {
    const lacking = search([0.9, 0.8], [2, 3], 1, true)
    expect(rankRate(lacking, 2)).toBe(0)
    expect(openSetScores(lacking).mated.length).toBe(1)
  })

  it('takes no more searches than it was made for', () => {
    expect(() =>
      createSearchTable(0).add({ scores: new Float32Array(), gallerySubjects: new Uint32Array(), subject: 1 }),
    ).toThrow(/holds 0 searches/)
  })

  it('has no figures of nothing', () => {
    const none = createSearchTable(0).outcomes()
    expect(Array.from(cmc(none, 3))).toEqual([])
    expect(rankRate(none, 1)).toBeNaN()
    expect(meanAveragePrecision(none)).toBeNaN()
    expect(survFaceOpenSet(none).auc).toBeNaN()
    expect(survFaceOpenSet(none).tpirAtFpir[0]?.tpir).toBeNaN()
    expect(openSetCurve(openSetScores(none)).fpir.length).toBe(0)
  })
})
