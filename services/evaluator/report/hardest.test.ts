import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createHardestRows, HARDEST, mergeHardest } from './hardest.js'

const trial = fc.record({
  score: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(Number.NaN)),
  mated: fc.boolean(),
})

it('keeps what sorting all rows would, the first of equal ones', () => {
  fc.assert(
    fc.property(fc.array(trial, { maxLength: 60 }), (trials) => {
      const rows = trials
        .map(({ score, mated }, row) => ({ score, mated, row }))
        .filter(({ score }) => !Number.isNaN(score))
      const hardest = createHardestRows()
      for (const [row, { score, mated }] of trials.entries()) hardest.add(score, mated, row)
      const first = (mated: boolean, sign: number) =>
        rows
          .filter((each) => each.mated === mated)
          .sort((a, b) => sign * (a.score - b.score))
          .slice(0, HARDEST)
          .map(({ score, row }) => ({ score, row }))
      expect(hardest.falseMatches).toEqual(first(false, -1))
      expect(hardest.misses).toEqual(first(true, 1))
    }),
  )
})

it('takes the hardest of several galleries', () => {
  const of = (score: number) => {
    const template = { template: String(score), subject: null }
    return { score, reference: template, probe: template }
  }
  const part = (...scores: number[]) => ({ falseMatches: scores.map(of), misses: [...scores].reverse().map(of) })
  const { falseMatches, misses } = mergeHardest([part(9, 7, 5, 3), part(8, 6, 4, 2)])
  expect(falseMatches.map(({ score }) => score)).toEqual([9, 8, 7, 6, 5, 4])
  expect(misses.map(({ score }) => score)).toEqual([2, 3, 4, 5, 6, 7])
})
