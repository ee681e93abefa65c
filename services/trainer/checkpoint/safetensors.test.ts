import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTensors, writeTensors } from './safetensors.js'

const tensors = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => !['__metadata__', '__proto__'].includes(name)),
  fc.float32Array({ maxLength: 20 }),
)

describe('safetensors', () => {
  it('gives back every bit, NaN and -0 too, wherever the file lies in memory', () => {
    fc.assert(
      fc.property(tensors, fc.dictionary(fc.constantFrom('a', 'b'), fc.string()), (values, metadata) => {
        const file = writeTensors({ tensors: values, metadata })
        const shifted = new Uint8Array(file.length + 1)
        shifted.set(file, 1)
        const read = readTensors(shifted.subarray(1))
        expect(read.metadata).toEqual(metadata)
        expect(Object.keys(read.tensors)).toEqual(Object.keys(values))
        for (const [name, value] of Object.entries(values)) {
          expect(Buffer.from((read.tensors[name] as Float32Array).buffer)).toEqual(
            Buffer.from(value.buffer, value.byteOffset, value.byteLength),
          )
        }
      }),
    )
  })

  it('refuses a file cut off anywhere, and one that is none', () => {
    const file = writeTensors({ tensors: { w: Float32Array.of(1, 2, 3) }, metadata: { step: '7' } })
    for (let length = 0; length < file.length; length++) {
      expect(() => readTensors(file.subarray(0, length)), String(length)).toThrow(
        expect.objectContaining({ reason: 'CHECKPOINT_CORRUPT' }),
      )
    }
    expect(() => readTensors(new Uint8Array(64).fill(255))).toThrow(
      expect.objectContaining({ reason: 'CHECKPOINT_CORRUPT' }),
    )
  })

  it('lays a file out as the format says', () => {
    const file = Buffer.from(writeTensors({ tensors: { w: Float32Array.of(1.5) }, metadata: {} }))
    const length = Number(file.readBigUInt64LE(0))
    expect(length % 8).toBe(0)
    expect(JSON.parse(file.toString('utf8', 8, 8 + length))).toEqual({
      __metadata__: {},
      w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    })
    expect(file.readFloatLE(8 + length)).toBe(1.5)
  })
})
