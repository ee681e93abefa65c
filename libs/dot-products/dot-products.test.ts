import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { openDotProducts } from './dot-products.js'

const value = fc.float({ min: -1, max: 1, noNaN: true })
/** Two matrices, and indices of their rows. */
const experiments = fc
  .record({
    dimension: fc.integer({ min: 1, max: 70 }),
    left: fc.integer({ min: 1, max: 20 }),
    right: fc.integer({ min: 1, max: 9 }),
  })
  .chain(({ dimension, left, right }) => {
    const rows = (count: number) =>
      fc
        .array(value, { minLength: count * dimension, maxLength: count * dimension })
        .map((all) => Float32Array.from(all))
    const pair = fc.tuple(fc.nat({ max: left - 1 }), fc.nat({ max: right - 1 }))
    return fc.record({
      dimension: fc.constant(dimension),
      left: rows(left),
      right: rows(right),
      pairs: fc.array(pair, { maxLength: 40 }),
    })
  })

function dot(left: Float32Array, row: number, right: Float32Array, other: number, dimension: number): number {
  let sum = 0
  for (let d = 0; d < dimension; d++)
    sum += (left[row * dimension + d] as number) * (right[other * dimension + d] as number)
  return sum
}

const products = openDotProducts()
afterAll(() => products.close())

it('multiplies pairs of rows, and rows with rows', async () => {
  await fc.assert(
    fc.asyncProperty(experiments, async ({ dimension, left, right, pairs }) => {
      const sides = { left, right, dimension }
      const [lefts, rights] = [0, 1].map((side) => Uint32Array.from(pairs, (pair) => pair[side] as number)) as [
        Uint32Array,
        Uint32Array,
      ]
      const ofPairs = await products.ofPairs(sides, lefts, rights)
      expect(ofPairs).toHaveLength(pairs.length)
      pairs.forEach(([row, other], i) => {
        expect(Math.abs((ofPairs[i] as number) - dot(left, row, right, other, dimension))).toBeLessThan(1e-5)
      })
      const places: number[] = []
      await products.ofRows(sides, lefts, rights, (place, row) => {
        places.push(place)
        expect(row).toHaveLength(rights.length)
        row.forEach((product, i) => {
          const by = dot(left, lefts[place] as number, right, rights[i] as number, dimension)
          expect(Math.abs(product - by)).toBeLessThan(1e-5)
        })
      })
      expect(places).toEqual([...lefts.keys()])
    }),
  )
})

/** Pairs beyond what is worked on at once: every row with some, rows with all, and each row with one other that no row shares. */
const LARGE = {
  'many with each': Array.from({ length: 70_000 }, (_, i) => [Math.floor(i / 175), (i * 7) % 400] as const),
  'each with all': Array.from({ length: 400 * 400 }, (_, i) => [Math.floor(i / 400), i % 400] as const),
  'one with each': Array.from({ length: 400 }, (_, i) => [i, (i * 7) % 400] as const),
  'all with one': Array.from({ length: 400 }, (_, i) => [i, 3] as const),
  'one with all': Array.from({ length: 400 }, (_, i) => [3, i] as const),
  'no order': Array.from({ length: 5000 }, (_, i) => [(i * 7919) % 400, (i * 104_729) % 400] as const),
}

describe.each(Object.entries(LARGE))('of 400 rows, %s', (_, pairs) => {
  const [rows, dimension] = [400, 128]
  // The second half of the rows repeats the first.
  const matrix = Float32Array.from({ length: rows * dimension }, (_, i) =>
    Math.sin((i % ((rows * dimension) / 2)) ** 2),
  )
  const sides = { left: matrix, right: matrix.slice(), dimension }
  const lefts = Uint32Array.from(pairs, ([row]) => row)
  const rights = Uint32Array.from(pairs, ([, other]) => other)

  it('gives the product of every pair, the same to equal rows', async () => {
    const found = await products.ofPairs(sides, lefts, rights)
    const known = new Map<string, number>()
    let [error, unequal] = [0, 0]
    for (const [i, [row, other]] of pairs.entries()) {
      error = Math.max(error, Math.abs((found[i] as number) - dot(matrix, row, matrix, other, dimension)))
      const pair = `${row % 200} ${other % 200}`
      if (found[i] !== (known.get(pair) ?? found[i])) unequal++
      known.set(pair, found[i] as number)
    }
    expect(unequal).toBe(0)
    expect(error).toBeLessThan(1e-4)
  })
})

it.each([1, 2, 3, 17, 33, 257])(
  'gives equal rows equal products, each of %d with three times as many',
  async (count) => {
    const dimension = 70
    const matrix = (rows: number) =>
      Float32Array.from({ length: rows * dimension }, (_, i) => Math.sin((i % (Math.ceil(count / 2) * dimension)) ** 2))
    const sides = { left: matrix(count), right: matrix(3 * count), dimension }
    const rows = Array.from(sides.left.keys()).slice(0, count)
    const others = Array.from(sides.right.keys()).slice(0, 3 * count)
    const whole: number[][] = []
    await products.ofRows(sides, Uint32Array.from(rows), Uint32Array.from(others), (place, row) => {
      whole[place] = [...row]
    })
    const same = (row: number) => row % Math.ceil(count / 2)
    expect(whole).toEqual(rows.map((row) => others.map((other) => whole[same(row)]?.[same(other)])))
    const last = dot(sides.left, count - 1, sides.right, 3 * count - 1, dimension)
    expect(whole.at(-1)?.at(-1)).toBeCloseTo(last, 4)
  },
)

it('has nothing to say of nothing', async () => {
  const sides = { left: Float32Array.of(1, 2), right: Float32Array.of(3, 4), dimension: 2 }
  const none = new Uint32Array(0)
  expect(await products.ofPairs(sides, none, none)).toHaveLength(0)
  const rows: number[] = []
  await products.ofRows(sides, Uint32Array.of(0, 0), none, (_, row) => rows.push(row.length))
  await products.ofRows(sides, none, Uint32Array.of(0), () => rows.push(1))
  expect(rows).toEqual([0, 0])
})

it('passes failed extractions on', async () => {
  const matrix = Float32Array.of(1, 0, Number.NaN, Number.NaN, 0, 1)
  const sides = { left: matrix, right: matrix, dimension: 2 }
  expect([...(await products.ofPairs(sides, Uint32Array.of(0, 0, 1, 2, 2), Uint32Array.of(0, 1, 0, 0, 2)))]).toEqual([
    1,
    Number.NaN,
    Number.NaN,
    0,
    1,
  ])
})
