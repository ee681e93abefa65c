import type { NodeProto, TensorProto } from '../../gen/onnx.js'
import { intOf, intsOf } from './attributes.js'
import { intsOfTensor } from './tensor-data.js'

/** Operators that treat every row of axis 0 alike and leave axis 0 where it is, whatever their attributes. */
const ROW_BY_ROW = new Set(
  (
    'Abs Add And AveragePool BatchNormalization Cast Ceil Celu Clip Conv ConvTranspose DepthToSpace Div Dropout Elu Equal Erf Exp ' +
    'Floor Gelu GlobalAveragePool GlobalMaxPool Greater GroupNormalization HardSigmoid HardSwish Identity ' +
    'InstanceNormalization LRN LayerNormalization LeakyRelu Less Log LpPool Max MaxPool Mean Min Mish Mul Neg Not Or PRelu Pad ' +
    'Pow Reciprocal Relu Round Selu Sigmoid Sign Softplus Softsign SpaceToDepth Sqrt Sub Sum Tanh ThresholdedRelu ' +
    'Upsample Where'
  ).split(' '),
)

/** Operators along one axis, and the axis they take when none is given. */
const ALONG_AXIS: Readonly<Record<string, number>> = {
  ArgMax: 0,
  Concat: 0,
  Flatten: 1,
  Gather: 0,
  LogSoftmax: -1,
  LpNormalization: -1,
  Softmax: -1,
  Split: 0,
}

/** Operators over several axes, given as an attribute or, in newer opsets, as the second input. */
const OVER_AXES = new Set(
  'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Squeeze Unsqueeze'.split(
    ' ',
  ),
)

/**
 * Whether a node computes each row of axis 0 by itself and leaves the batch at axis 0 of its outputs. Reshape is not judged
 * here. Negative axes count as other than the batch: nobody writes -4 for the first of four.
 * @param carries whether an edge has the batch at axis 0
 */
export function keepsBatch(
  node: NodeProto,
  constants: ReadonlyMap<string, TensorProto>,
  carries: (edge: string) => boolean,
): boolean {
  if (node.domain !== '' && node.domain !== 'ai.onnx') return false
  if (ROW_BY_ROW.has(node.opType)) return true
  const axis = ALONG_AXIS[node.opType]
  if (axis !== undefined) return intOf(node, 'axis', axis) !== 0
  if (OVER_AXES.has(node.opType)) {
    const given = constants.get(node.input[1] ?? '')
    const axes = given ? intsOfTensor(given) : intsOf(node, 'axes', [])
    // No axes stand for all of them, the batch included.
    return axes.length > 0 && !axes.includes(0)
  }
  switch (node.opType) {
    case 'Transpose':
      return intsOf(node, 'perm', [])[0] === 0
    case 'Gemm':
      return intOf(node, 'transA', 0) === 0 && carries(node.input[0] ?? '') && !carries(node.input[1] ?? '')
    case 'Resize':
      // Target sizes, unlike scales, name the batch.
      return (node.input[3] ?? '') === ''
    case 'MatMul':
      return carries(node.input[0] ?? '')
    default:
      return false
  }
}
