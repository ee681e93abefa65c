import { TensorProto } from '../../gen/onnx.js'
import { DomainError } from '../config/domain-error.js'
import { fromHalf, toHalf } from './half.js'

/** Values of TensorProto.DataType in the ONNX specification, as far as crossres computes with them. */
export const DATA_TYPE = { float: 1, int32: 6, int64: 7, float16: 10, double: 11 } as const

const BYTES: Readonly<Record<number, number>> = {
  [DATA_TYPE.float]: 4,
  [DATA_TYPE.int32]: 4,
  [DATA_TYPE.int64]: 8,
  [DATA_TYPE.float16]: 2,
  [DATA_TYPE.double]: 8,
}

/** Number of values in a tensor: the product of its dimensions, 1 for a scalar. */
export const elementCount = (dims: readonly (number | bigint)[]): number =>
  dims.reduce<number>((product, dim) => product * Number(dim), 1)

/**
 * The values of a float32, float16 or float64 tensor, in row-major order, as a new float32 array.
 * @throws DomainError MODEL_TENSOR_TYPE for other types, MODEL_CORRUPT when the number of values does not fit the shape
 */
export function floatsOf(tensor: TensorProto): Float32Array {
  return checked(tensor, readFloats(tensor))
}

function readFloats(tensor: TensorProto): Float32Array {
  const raw = bytesOf(tensor)
  switch (tensor.dataType) {
    case DATA_TYPE.float:
      return raw ? new Float32Array(raw) : Float32Array.from(tensor.floatData)
    case DATA_TYPE.float16:
      // Without raw data the 16 bits of a half lie in an int32 each.
      return raw ? fromHalf(new Uint16Array(raw)) : fromHalf(Uint16Array.from(tensor.int32Data))
    case DATA_TYPE.double:
      return raw ? Float32Array.from(new Float64Array(raw)) : Float32Array.from(tensor.doubleData)
    default:
      throw unsupported(tensor, 'float32, float16 or float64')
  }
}

/**
 * The values of an int64 or int32 tensor as numbers.
 * @throws DomainError MODEL_TENSOR_TYPE for other types, MODEL_CORRUPT when the number of values does not fit the shape
 */
export function intsOfTensor(tensor: TensorProto): number[] {
  const raw = bytesOf(tensor)
  switch (tensor.dataType) {
    case DATA_TYPE.int64:
      return checked(tensor, Array.from(raw ? new BigInt64Array(raw) : tensor.int64Data, Number))
    case DATA_TYPE.int32:
      return checked(tensor, raw ? Array.from(new Int32Array(raw)) : [...tensor.int32Data])
    default:
      throw unsupported(tensor, 'int64 or int32')
  }
}

/** A float32 tensor. @param data row-major values, copied */
export function floatTensor(name: string, dims: readonly number[], data: Float32Array): TensorProto {
  const tensor = TensorProto.fromPartial({ name, dims: dims.map(BigInt), dataType: DATA_TYPE.float })
  setFloats(tensor, data)
  return tensor
}

/** An int64 tensor of one dimension, as shapes and paddings are given to operators. */
export function int64Tensor(name: string, values: readonly number[]): TensorProto {
  const rawData = littleEndian(BigInt64Array.from(values, BigInt))
  return TensorProto.fromPartial({ name, dims: [BigInt(values.length)], dataType: DATA_TYPE.int64, rawData })
}

/**
 * Replaces the values of a float tensor and keeps its name, shape and type: how trained weights return into their file.
 * @param data row-major values, copied; rounded to the nearest when the tensor is float16
 * @throws DomainError MODEL_TENSOR_TYPE for types other than float32, float16 and float64, MODEL_CORRUPT for a wrong number of values
 */
export function setFloats(tensor: TensorProto, data: Float32Array): void {
  checked(tensor, data)
  if (tensor.dataType === DATA_TYPE.float) tensor.rawData = littleEndian(data)
  else if (tensor.dataType === DATA_TYPE.float16) tensor.rawData = littleEndian(toHalf(data))
  else if (tensor.dataType === DATA_TYPE.double) tensor.rawData = littleEndian(Float64Array.from(data))
  else throw unsupported(tensor, 'float32, float16 or float64')
  tensor.floatData = []
  tensor.int32Data = []
  tensor.doubleData = []
}

/** The raw bytes in a buffer of their own (typed arrays need aligned offsets), or undefined when the values lie elsewhere. */
function bytesOf(tensor: TensorProto): ArrayBuffer | undefined {
  const { rawData, dims, name } = tensor
  if (rawData.length === 0) return undefined
  const width = BYTES[tensor.dataType]
  if (width && rawData.length !== width * elementCount(dims)) throw corrupt(name, `${rawData.length} bytes`, dims)
  return new Uint8Array(rawData).buffer
}

// ONNX raw data is little-endian, and so are all platforms that Node's native engines support.
function littleEndian({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(new Uint8Array(buffer, byteOffset, byteLength))
}

function checked<T extends { readonly length: number }>(tensor: TensorProto, values: T): T {
  if (values.length !== elementCount(tensor.dims)) throw corrupt(tensor.name, `${values.length} values`, tensor.dims)
  return values
}

function corrupt(name: string, found: string, dims: readonly bigint[]): DomainError {
  const message = `The tensor "${name}" holds ${found}, which does not fit its shape [${dims.join(', ')}] and type. Export the network again.`
  return new DomainError('MODEL_CORRUPT', message, { tensor: name })
}

function unsupported(tensor: TensorProto, wanted: string): DomainError {
  return new DomainError(
    'MODEL_TENSOR_TYPE',
    `The tensor "${tensor.name}" has ONNX data type ${tensor.dataType}, but ${wanted} is needed here. Export the network in float32.`,
    { tensor: tensor.name, type: String(tensor.dataType) },
  )
}
