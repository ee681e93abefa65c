import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRows } from './rows.js'
import { createSketch } from './sketch.js'

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)

/** Rows that must be among the candidates: all whose product is one of the `k` largest. */
function best(vectors: readonly Float32Array[], query: Float32Array, k: number): number[] {
  const products = vectors.map((vector) => dot(query, vector))
  const least = [...products].sort((a, b) => b - a)[k - 1] as number
  return [...products.keys()].filter((row) => products[row]! >= least)
}

function filled(vectors: readonly Float32Array[], dimension: number) {
  const sketch = createSketch(dimension)
  vectors.forEach((vector, row) => {
    sketch.set(row, vector)
  })
  return sketch
}

describe('createSketch', () => {
  it('never misses one of the best, of vectors of any length, equal, opposite or zero', () => {
    const dimension = 19
    // Few and large steps make equal products and zero vectors; the other values make near ones.
    const value = fc.oneof(fc.constantFrom(0, 1, -1), fc.float({ min: -2, max: 2, noNaN: true }))
    const vector = fc
      .array(value, { minLength: dimension, maxLength: dimension })
      .map((values) => Float32Array.from(values))
    fc.assert(
      fc.property(fc.array(vector, { minLength: 1, maxLength: 40 }), vector, fc.nat(39), (vectors, query, more) => {
        const k = 1 + (more % vectors.length)
        const found = filled(vectors, dimension).candidates(query, vectors.length, k)
        expect(found).toEqual(expect.arrayContaining(best(vectors, query, k)))
      }),
      { numRuns: 300 },
    )
  })

  it('leaves few to compare', () => {
    const dimension = 128
    let state = 1
    const next = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32 - 0.5
    }
    const vectors = Array.from({ length: 5000 }, () => Float32Array.from({ length: dimension }, next))
    const query = Float32Array.from({ length: dimension }, next)
    const found = filled(vectors, dimension).candidates(query, vectors.length, 10)
    expect(found).toEqual(expect.arrayContaining(best(vectors, query, 10)))
    expect(found.length).toBeLessThan(50)
  })

  it('does not overflow where every product is as large as can be', () => {
    const dimension = 4096
    const [ones, minusOnes] = [new Float32Array(dimension).fill(1), new Float32Array(dimension).fill(-1)]
    const sketch = filled([minusOnes, ones, minusOnes], dimension)
    expect(sketch.candidates(ones, 3, 1)).toEqual([1])
    expect(sketch.candidates(minusOnes, 3, 2)).toEqual([0, 2])
  })

  it('follows rows that are replaced and removed', () => {
    const sketch = createSketch(2)
    const rows = createRows(2, sketch)
    rows.upsert(Float64Array.of(1, 2, 3), Float32Array.of(1, 0, 0, 1, -1, 0))
    rows.upsert(Float64Array.of(2), Float32Array.of(0, -1))
    rows.remove(Float64Array.of(1))
    // Row 0 is now that of id 3.
    expect(sketch.candidates(Float32Array.of(-1, 0), rows.size, 1).map(rows.idOf)).toEqual([3])
    expect(sketch.candidates(Float32Array.of(0, -1), rows.size, 1).map(rows.idOf)).toEqual([2])
    rows.remove(Float64Array.of(2, 3))
    rows.upsert(Float64Array.of(4), Float32Array.of(0, 1))
    expect(sketch.candidates(Float32Array.of(0, 1), rows.size, 1).map(rows.idOf)).toEqual([4])
  })
})
