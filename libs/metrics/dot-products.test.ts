import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDotProducts } from './dot-products.js'

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

it('multiplies pairs of rows, and rows with rows', () => {
  fc.assert(
    fc.property(experiments, ({ dimension, left, right, pairs }) => {
      const products = createDotProducts(left, right, dimension)
      const [lefts, rights] = [0, 1].map((side) => Uint32Array.from(pairs, (pair) => pair[side] as number)) as [
        Uint32Array,
        Uint32Array,
      ]
      const ofPairs = products.ofPairs(lefts, rights)
      expect(ofPairs).toHaveLength(pairs.length)
      pairs.forEach(([row, other], i) => {
        expect(Math.abs((ofPairs[i] as number) - dot(left, row, right, other, dimension))).toBeLessThan(1e-5)
      })
      const places: number[] = []
      products.ofRows(lefts, rights, (place, row) => {
        places.push(place)
        expect(row).toHaveLength(rights.length)
        row.forEach((product, i) => {
          const by = dot(left, lefts[place] as number, right, rights[i] as number, dimension)
          expect(Math.abs(product - by)).toBeLessThan(1e-5)
        })
        // The same two rows give the same product, wherever they stand.
        expect(row[place]).toBe(ofPairs[place])
      })
      expect(places).toEqual([...lefts.keys()])
    }),
  )
})

it('multiplies a matrix with itself, beyond what is worked on at once', () => {
  const [rows, dimension] = [300, 128]
  const matrix = Float32Array.from({ length: rows * dimension }, (_, i) => Math.sin(i * i))
  const pairs = 70_000
  const lefts = Uint32Array.from({ length: pairs }, (_, i) => Math.floor(i / 400))
  const rights = Uint32Array.from({ length: pairs }, (_, i) => (i * 7) % rows)
  const products = createDotProducts(matrix, matrix, dimension)
  const ofPairs = products.ofPairs(lefts, rights)
  for (const i of [0, 1, 399, 400, 65_534, 65_535, 65_536, 65_537, 69_999]) {
    expect(ofPairs[i]).toBeCloseTo(dot(matrix, lefts[i] as number, matrix, rights[i] as number, dimension), 3)
  }
  const all = Uint32Array.from({ length: rows }, (_, i) => i)
  products.ofRows(all, all, (place, row) => {
    for (const i of [0, 3, 255, 256, 299]) expect(row[i]).toBeCloseTo(dot(matrix, place, matrix, i, dimension), 3)
  })
  // The memory has grown meanwhile; what was worked out before stays.
  expect(products.ofPairs(lefts, rights)).toEqual(ofPairs)
})

it('passes failed extractions on', () => {
  const matrix = Float32Array.of(1, 0, Number.NaN, Number.NaN, 0, 1)
  const products = createDotProducts(matrix, matrix, 2)
  expect([...products.ofPairs(Uint32Array.of(0, 0, 1, 2, 2), Uint32Array.of(0, 1, 0, 0, 2))]).toEqual([
    1,
    Number.NaN,
    Number.NaN,
    0,
    1,
  ])
})
