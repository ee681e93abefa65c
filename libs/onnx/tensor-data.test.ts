import { describe, expect, it } from 'vitest'
import { TensorProto } from '../../gen/onnx.js'
import { DATA_TYPE, floatsOf, floatTensor, int64Tensor, intsOfTensor, setFloats } from './tensor-data.js'

const values = Float32Array.of(1.5, -2, 0.25, 65504)
const tensor = (fields: Parameters<typeof TensorProto.fromPartial>[0]) =>
  TensorProto.fromPartial({ name: 'w', dims: [4n], ...fields })

describe('floatsOf', () => {
  it('reads float32 from raw bytes and from float_data', () => {
    expect(floatsOf(floatTensor('w', [2, 2], values))).toEqual(values)
    expect(floatsOf(tensor({ dataType: DATA_TYPE.float, floatData: [...values] }))).toEqual(values)
  })

  it('reads raw bytes that begin at an odd address', () => {
    const file = Buffer.concat([Buffer.of(0), Buffer.from(values.buffer)])
    expect(floatsOf(tensor({ dataType: DATA_TYPE.float, rawData: file.subarray(1) }))).toEqual(values)
  })

  it('reads float16 from raw bytes and from int32_data', () => {
    const halves = Uint16Array.of(0x3e00, 0xc000, 0x3400, 0x7bff)
    expect(floatsOf(tensor({ dataType: DATA_TYPE.float16, rawData: Buffer.from(halves.buffer) }))).toEqual(values)
    expect(floatsOf(tensor({ dataType: DATA_TYPE.float16, int32Data: [...halves] }))).toEqual(values)
  })

  it('reads float64', () => {
    const raw = Buffer.from(Float64Array.from(values).buffer)
    expect(floatsOf(tensor({ dataType: DATA_TYPE.double, rawData: raw }))).toEqual(values)
    expect(floatsOf(tensor({ dataType: DATA_TYPE.double, doubleData: [...values] }))).toEqual(values)
  })

  it('refuses a number of values that does not fit the shape', () => {
    const raw = Buffer.alloc(12)
    expect(() => floatsOf(tensor({ dataType: DATA_TYPE.float, rawData: raw }))).toThrow(
      expect.objectContaining({ reason: 'MODEL_CORRUPT', message: expect.stringContaining('[4]') }),
    )
    expect(() => floatsOf(tensor({ dataType: DATA_TYPE.float, floatData: [1] }))).toThrow(/holds 1 values/)
  })

  it('refuses other types', () => {
    expect(() => floatsOf(int64Tensor('shape', [1, -1]))).toThrow(
      expect.objectContaining({ reason: 'MODEL_TENSOR_TYPE' }),
    )
  })
})

describe('intsOfTensor', () => {
  it('reads int64 and int32 from raw bytes and from their lists', () => {
    const ints = [1, -1, 2 ** 40, 0]
    expect(intsOfTensor(int64Tensor('shape', ints))).toEqual(ints)
    expect(intsOfTensor(tensor({ dataType: DATA_TYPE.int64, int64Data: ints.map(BigInt) }))).toEqual(ints)
    expect(intsOfTensor(tensor({ dataType: DATA_TYPE.int32, int32Data: [3, 2, 1, -7] }))).toEqual([3, 2, 1, -7])
    const raw = Buffer.from(Int32Array.of(3, 2, 1, -7).buffer)
    expect(intsOfTensor(tensor({ dataType: DATA_TYPE.int32, rawData: raw }))).toEqual([3, 2, 1, -7])
  })
})

describe('setFloats', () => {
  it.each([DATA_TYPE.float, DATA_TYPE.float16, DATA_TYPE.double])(
    'keeps the type %i and replaces every value',
    (dataType) => {
      const target = tensor({ dataType, floatData: dataType === DATA_TYPE.float ? [9, 9, 9, 9] : [] })
      setFloats(target, values)
      expect(target.dataType).toBe(dataType)
      expect(floatsOf(TensorProto.decode(TensorProto.encode(target).finish()))).toEqual(values)
    },
  )

  it('copies the values', () => {
    const source = values.slice()
    const target = floatTensor('w', [4], source)
    source.fill(0)
    expect(floatsOf(target)).toEqual(values)
  })

  it('refuses a wrong number of values', () => {
    expect(() => setFloats(floatTensor('w', [4], values), new Float32Array(3))).toThrow(/holds 3 values/)
  })
})
