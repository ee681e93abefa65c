import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRows } from './rows.js'

const DIMENSION = 3

type Change = { kind: 'upsert' | 'remove'; ids: number[]; value: number }

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('upsert' as const, 'upsert' as const, 'remove' as const),
  ids: fc.array(fc.nat(250), { maxLength: 120 }),
  value: fc.integer({ min: 1, max: 1000 }),
})

describe('createRows', () => {
  it('holds what a map would hold, without gaps, through growth, replacement and removal', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
        const rows = createRows(DIMENSION)
        const model = new Map<number, number[]>()
        for (const { kind, ids, value } of changes) {
          if (kind === 'remove') {
            rows.remove(Float64Array.from(ids))
            for (const id of ids) model.delete(id)
            continue
          }
          const vectors = ids.map((id, i) => [id, value, i])
          rows.upsert(Float64Array.from(ids), Float32Array.from(vectors.flat()))
          ids.forEach((id, i) => {
            model.set(id, vectors[i] as number[])
          })
        }
        const { ids, vectors } = rows.snapshot()
        const held = new Map([...ids].map((id, i) => [id, [...vectors.subarray(i * DIMENSION, (i + 1) * DIMENSION)]]))
        expect(rows.size).toBe(model.size)
        expect(held).toEqual(model)
        expect([...rows.matrix]).toEqual([...vectors])
        ids.forEach((id, row) => {
          expect(rows.idOf(row)).toBe(id)
        })
      }),
    )
  })

  it('wipes what it removes', () => {
    const rows = createRows(DIMENSION)
    rows.upsert(Float64Array.of(1, 2), Float32Array.of(1, 1, 1, 2, 2, 2))
    const whole = new Float32Array(rows.matrix.buffer)
    rows.remove(Float64Array.of(1))
    expect([...whole.subarray(0, 6)]).toEqual([2, 2, 2, 0, 0, 0])
  })
})
