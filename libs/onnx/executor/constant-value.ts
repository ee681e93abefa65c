import type { TensorProto } from '../../../gen/onnx.js'
import { DATA_TYPE, elementCount, floatsOf, intsOfTensor } from '../tensor-data.js'
import type { Tf } from './tensorflow.js'
import type { Value } from './value.js'

/** Float constants up to this many values are known on the host too: limits, exponents, scales, paddings. */
const SMALL = 16

const BOOL = 9

const INTEGERS: ReadonlySet<number> = new Set([DATA_TYPE.int32, DATA_TYPE.int64])

/** Whether a tensor holds what TensorFlow computes with. */
export const isFloat = ({ dataType }: TensorProto): boolean =>
  dataType === DATA_TYPE.float || dataType === DATA_TYPE.float16 || dataType === DATA_TYPE.double

/**
 * A constant of the graph: integers, truth values and small lists of floats on the host, larger ones in TensorFlow.
 * @param tf needed for large tensors only
 * @throws DomainError MODEL_TENSOR_TYPE for types that are neither floats nor integers
 */
export function constantValue(tensor: TensorProto, tf?: Tf): Value {
  const shape = tensor.dims.map(Number)
  if (tensor.dataType === BOOL) {
    const numbers = tensor.rawData.length > 0 ? [...tensor.rawData] : tensor.int32Data
    return { shape, numbers, integer: true, lifetime: 'constant' }
  }
  const integer = INTEGERS.has(tensor.dataType)
  if (integer) return { shape, numbers: intsOfTensor(tensor), integer, lifetime: 'constant' }
  const floats = floatsOf(tensor)
  if (!tf || elementCount(shape) <= SMALL) return { shape, numbers: [...floats], integer, lifetime: 'constant' }
  return { shape, lifetime: 'constant', first: tf.keep(tf.tensor(floats, shape)) }
}
