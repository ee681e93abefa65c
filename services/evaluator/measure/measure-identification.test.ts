import { describe, expect, it } from 'vitest'
import { createSearchTable } from '../../../libs/metrics/search-outcomes.js'
import type { Metric } from './figure.js'
import { type GallerySearches, measureIdentification } from './measure-identification.js'

const SETTINGS = { seed: 1n, replicates: 300 }

/** Each search has the probe's subject and its scores against gallery subjects 0, 1, 2 ... */
function galleryOf(subjects: number[], searches: [subject: number, ...scores: number[]][]): GallerySearches {
  const table = createSearchTable(searches.length)
  for (const [subject, ...scores] of searches) {
    table.add({ scores: Float32Array.from(scores), gallerySubjects: Uint32Array.from(subjects), subject })
  }
  return {
    outcomes: table.outcomes(),
    subjectOf: Uint32Array.from(searches, ([subject]) => subject),
    size: subjects.length,
  }
}

const first = galleryOf(
  [0, 1],
  [
    [0, 0.9, 0.1],
    [0, 0.4, 0.5],
    [1, 0.2, 0.8],
    [1, Number.NaN, Number.NaN],
    [2, 0.6, 0.3],
    [3, 0.3, 0.1],
  ],
)
const second = galleryOf(
  [2, 3],
  [
    [0, 0.1, 0.2],
    [0, 0.2, 0.3],
    [1, 0.1, 0.1],
    [1, 0.2, 0.4],
    [2, 0.7, 0.1],
    [3, 0.1, 0.9],
  ],
)

const find = (figures: ReturnType<typeof measureIdentification>['figures'], metric: Metric, parameter: number) =>
  figures.find((figure) => figure.metric === metric && figure.parameter === parameter)

describe('measureIdentification', () => {
  it('counts the searches of a gallery, failed ones as misses', () => {
    const { figures, subjects } = measureIdentification([first], 4, SETTINGS)
    // Two of the four mated searches have their mate on top; one is second, one failed.
    expect(find(figures, 'rank', 1)).toMatchObject({ value: 0.5, count: 4 })
    expect(figures.filter(({ metric }) => metric === 'cmc').map(({ value }) => value)).toEqual([0.5, 0.75])
    // Above the top score of the non-mated searches, 0.6, are two of the four mates.
    expect(find(figures, 'fnir_at_fpir', 0.1)?.value).toBe(0.5)
    expect(find(figures, 'rank', 5)).toBeUndefined()
    expect(subjects).toBe(4)
  })

  it('averages the figures of several galleries', () => {
    const { figures, statistics } = measureIdentification([first, second], 4, SETTINGS)
    expect(find(figures, 'rank', 1)?.value).toBe((0.5 + 1) / 2)
    expect(find(figures, 'fnir_at_fpir', 0.01)?.value).toBe((0.5 + 0) / 2)
    for (const { metric, parameters, statistic } of statistics) {
      const once = statistic(new Uint32Array(4).fill(1))
      for (const [i, parameter] of parameters.entries()) {
        expect(once[i]).toBeCloseTo(find(figures, metric, parameter)?.value as number, 12)
      }
    }
  })

  it('has intervals around its values, also where no error was seen', () => {
    for (const { value, low, high, metric } of measureIdentification([second], 4, SETTINGS).figures) {
      if (metric === 'cmc') continue
      expect(low).toBeLessThanOrEqual(value)
      expect(value).toBeLessThanOrEqual(high)
      expect(low).toBeLessThan(high)
    }
  })

  it('adds the figures of SurvFace where they are wanted', () => {
    const { figures } = measureIdentification([first], 4, { ...SETTINGS, survFace: true })
    // The grid begins at the top score of the non-mated searches, 0.6: half of them are there, and two of the four mates.
    for (const fpir of [0.3, 0.2, 0.1, 0.01]) {
      expect(find(figures, 'tpir20_at_fpir', fpir)).toMatchObject({ value: 0.5, count: 4 })
    }
    // From there to the other one, at 0.3, three mates are found.
    expect(find(figures, 'tpir20_auc', 0)?.value).toBeCloseTo((1 - 0.5) * 0.75, 12)
    expect(measureIdentification([first], 4, SETTINGS).figures.some(({ metric }) => metric.startsWith('tpir'))).toBe(
      false,
    )
  })

  it('says nothing of a closed set’s FNIR, nor of hits where nobody is enrolled', () => {
    const closed = galleryOf([0, 1], [[0, 0.9, 0.1]])
    const open = galleryOf([0, 1], [[2, 0.9, 0.1]])
    const metrics = (gallery: GallerySearches) =>
      new Set(measureIdentification([gallery], 3, SETTINGS).figures.map(({ metric }) => metric))
    expect(metrics(closed)).toEqual(new Set(['rank', 'map', 'cmc']))
    expect(metrics(open)).toEqual(new Set())
  })
})
