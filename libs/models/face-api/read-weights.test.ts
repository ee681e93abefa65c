import { describe, expect, it } from 'vitest'
import { readWeights, weightLookup } from './read-weights.js'

const quantization = { dtype: 'uint8', scale: 0.5, min: -1 }
const manifest = JSON.stringify([
  {
    paths: ['net.bin'],
    weights: [
      { name: 'a/filters', shape: [3], dtype: 'float32', quantization },
      { name: 'a/bias', shape: [1, 2], dtype: 'float32' },
    ],
  },
])
const binary = Buffer.concat([Buffer.of(0, 1, 255), Buffer.from(Float32Array.of(0.1, -7).buffer)])
const invalid = expect.objectContaining({ reason: 'MODEL_WEIGHTS_INVALID' })

describe('readWeights', () => {
  it('reads quantised and plain weights in the order of the manifest', () => {
    const weights = readWeights(manifest, binary)
    expect(weights.get('a/filters')).toEqual({ shape: [3], data: Float32Array.of(-1, -0.5, 126.5) })
    expect(weights.get('a/bias')).toEqual({ shape: [1, 2], data: Float32Array.of(0.1, -7) })
  })

  it('refuses a binary that is too short or too long, and says where', () => {
    expect(() => readWeights(manifest, binary.subarray(0, 10))).toThrow(/"a\/bias" ends at byte 11 of 10/)
    expect(() => readWeights(manifest, Buffer.concat([binary, Buffer.of(0)]))).toThrow(/1 bytes are left over/)
    expect(() => readWeights(manifest, binary.subarray(0, 10))).toThrow(invalid)
  })

  it('refuses what is no manifest', () => {
    for (const text of ['', '{}', '[{"weights":[{"name":"a","shape":[1],"dtype":"int32"}]}]']) {
      expect(() => readWeights(text, binary), text).toThrow(invalid)
    }
  })
})

describe('weightLookup', () => {
  const weight = weightLookup(readWeights(manifest, binary))

  it('finds a weight by name and shape', () => {
    expect(weight('a/bias', [1, 2]).data).toHaveLength(2)
  })

  it('refuses another shape and an unknown name', () => {
    expect(() => weight('a/bias', [2, 1])).toThrow(/"a\/bias" has shape \[1,2\] instead of \[2,1\]/)
    expect(() => weight('b', [1])).toThrow(/"b" has shape \[missing\]/)
  })
})
