import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../random/random.js'
import { nextAbove } from './scores.js'
import { risingByKind, risingOrder, risingScores } from './sort-scores.js'

const floats = fc.array(fc.float({ noDefaultInfinity: false }), { maxLength: 60 })
const value = (score: number) => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score)
const compare = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0)
/** Minus zero equals zero. */
const plain = (scores: Iterable<number>) => Array.from(scores, (score) => score + 0)

describe('risingScores', () => {
  it.each([Float32Array, Float64Array])('sorts few, failed ones lowest: %o', (Kind) => {
    fc.assert(
      fc.property(floats, (list) => {
        expect(Array.from(risingScores(Kind.from(list)))).toEqual(plain(list.map(value).sort(compare)))
      }),
    )
  })

  it('sorts many floats, of every size and sign, and leaves the source alone', () => {
    const random = createRandom(1n)
    const special = [0, -0, NaN, Infinity, -Infinity, 1e-45, -1e-45, 3.4e38, -3.4e38]
    const scores = Float32Array.from({ length: 20_000 }, (_, index) => {
      if (index < special.length * 3) return special[index % special.length] as number
      return random.normal() * 10 ** random.integer(-30, 30)
    })
    const source = scores.slice()
    const expected = Float32Array.from(Array.from(scores, value).sort(compare))
    expect(Buffer.from(risingScores(scores).buffer)).toEqual(Buffer.from(Float32Array.from(plain(expected)).buffer))
    expect(scores).toEqual(source)
  })
})

describe('risingByKind', () => {
  const ofKind = (scores: Float32Array | Float64Array, mated: Uint8Array, kind: number) =>
    plain(
      Array.from(
        scores.filter((_, i) => mated[i] === kind),
        value,
      ).sort(compare),
    )

  it.each([Float32Array, Float64Array])('sorts either kind of few: %o', (Kind) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.float(), fc.nat({ max: 1 })), { maxLength: 40 }), (list) => {
        const scores = Kind.from(list.map(([score]) => score))
        const mated = Uint8Array.from(list, ([, kind]) => kind)
        const rising = risingByKind(scores, mated)
        expect(Array.from(rising.mated)).toEqual(ofKind(scores, mated, 1))
        expect(Array.from(rising.nonMated)).toEqual(ofKind(scores, mated, 0))
      }),
    )
  })

  it.each([0, 0.001, 0.5, 1])('sorts either kind of many, a share of %d mated', (share) => {
    const random = createRandom(2n)
    const scores = Float32Array.from({ length: 40_000 }, (_, i) => (i % 1000 === 0 ? Number.NaN : random.normal()))
    const mated = Uint8Array.from(scores, () => (random.uniform() < share ? 1 : 0))
    const rising = risingByKind(scores, mated)
    expect(Array.from(rising.mated)).toEqual(ofKind(scores, mated, 1))
    expect(Array.from(rising.nonMated)).toEqual(ofKind(scores, mated, 0))
  })
})

describe('risingOrder', () => {
  it.each([Float32Array, Float64Array])('lists the indices, ties by index: %o', (Kind) => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.float(), fc.integer({ min: -2, max: 2 })), { maxLength: 60 }), (list) => {
        const scores = Kind.from(list)
        const expected = list
          .map((_, index) => index)
          .sort((a, b) => compare(value(scores[a]!), value(scores[b]!)) || a - b)
        expect(Array.from(risingOrder(scores))).toEqual(expected)
      }),
    )
  })

  it('lists the indices of many, tied or not', () => {
    const random = createRandom(3n)
    const scores = Float32Array.from({ length: 30_000 }, (_, i) =>
      i % 3 ? Math.round(random.normal()) : random.normal(),
    )
    const expected = Array.from(scores.keys()).sort((a, b) => compare(scores[a]!, scores[b]!) || a - b)
    expect(Array.from(risingOrder(scores))).toEqual(expected)
  })
})

describe('nextAbove', () => {
  it('leaves nothing between', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const next = nextAbove(number)
        expect(next).toBeGreaterThan(number)
        const middle = number / 2 + next / 2
        expect(middle <= number || middle >= next).toBe(true)
      }),
    )
    expect(nextAbove(-0)).toBe(Number.MIN_VALUE)
    expect(nextAbove(1)).toBe(1 + Number.EPSILON)
    expect(nextAbove(Number.NEGATIVE_INFINITY)).toBe(-Number.MAX_VALUE)
    expect(nextAbove(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY)
  })
})
