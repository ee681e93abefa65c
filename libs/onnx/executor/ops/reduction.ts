import { intOf, intsOf } from '../../attributes.js'
import { type Op, required } from '../op.js'
import type { Tensor, Tf } from '../tensorflow.js'
import { aligned, channelsFirst, fromFirst, mapped, numbersOf } from '../value.js'

/** Axes as an attribute, or in newer opsets as the second input; none stand for all. */
const reduction =
  (compute: (tf: Tf, x: Tensor, axes: number[]) => Tensor): Op =>
  (node) => {
    const declared = intsOf(node, 'axes', [])
    const keepDims = intOf(node, 'keepdims', 1) !== 0
    const emptyIsNone = intOf(node, 'noop_with_empty_axes', 0) !== 0
    return ({ tf }, x, given) => {
      const input = required(x, 'data')
      const rank = input.shape.length
      const axes = (given ? numbersOf(given, 'axes') : declared).map((axis) => (axis < 0 ? axis + rank : axis))
      if (axes.length === 0 && emptyIsNone) return mapped(tf, input, (tensor) => tf.clone(tensor))
      const over = axes.length > 0 ? axes : input.shape.map((_, axis) => axis)
      const { tensors, layout } = aligned(tf, [input])
      const places = over.map((axis) => layout.axis(axis))
      const reduced = layout.value(tf.tidy(() => compute(tf, tensors[0]!, places)))
      if (keepDims) return reduced
      const rest = input.shape.filter((_, axis) => !over.includes(axis))
      return fromFirst(tf.reshape(channelsFirst(tf, reduced), rest))
    }
  }

export const REDUCTION_OPS: Readonly<Record<string, Op>> = {
  ReduceMean: reduction((tf, x, axes) => tf.mean(x, axes, true)),
  ReduceSum: reduction((tf, x, axes) => tf.sum(x, axes, true)),
  ReduceMax: reduction((tf, x, axes) => tf.max(x, axes, true)),
  ReduceMin: reduction((tf, x, axes) => tf.min(x, axes, true)),
  ReduceL1: reduction((tf, x, axes) => tf.sum(tf.abs(x), axes, true)),
  ReduceL2: reduction((tf, x, axes) => tf.sqrt(tf.sum(tf.square(x), axes, true))),
  ReduceSumSquare: reduction((tf, x, axes) => tf.sum(tf.square(x), axes, true)),
}
