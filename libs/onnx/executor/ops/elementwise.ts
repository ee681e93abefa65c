import { type Op, required } from '../op.js'
import type { Tensor, Tf } from '../tensorflow.js'
import { broadcastable, mapped, type Value } from '../value.js'
import { broadcastShape } from './shape-rules.js'

const unary =
  (compute: (tf: Tf, x: Tensor) => Tensor): Op =>
  () =>
  ({ tf }, x) =>
    mapped(tf, required(x, 'X'), (tensor) => compute(tf, tensor))

/** Any number of operands from the left to the right, with broadcasting. */
const nary =
  (compute: (tf: Tf, a: Tensor, b: Tensor) => Tensor): Op =>
  () =>
  ({ tf }, ...inputs) => {
    const { tensors, layout } = broadcastable(
      tf,
      inputs.map((input) => required(input, 'operand')),
    )
    const [head, ...rest] = tensors
    if (rest.length === 0) return layout.value(tf.clone(head!))
    return layout.value(tf.tidy(() => rest.reduce((left, right) => compute(tf, left, right), head!)))
  }

/** TensorFlow.js forgets to sum the gradients of these two over broadcast dimensions: they are given whole operands. */
const extreme = (compute: (tf: Tf, a: Tensor, b: Tensor) => Tensor): Op =>
  nary((tf, a, b) => {
    const shape = broadcastShape(a.shape, b.shape)
    return compute(tf, tf.broadcastTo(a, shape), tf.broadcastTo(b, shape))
  })

const mean: Op =
  (...declaration) =>
  (context, ...inputs) => {
    const sum = nary((tf, a, b) => tf.add(a, b))(...declaration)(context, ...inputs) as Value
    return mapped(context.tf, sum, (tensor) => context.tf.div(tensor, inputs.length))
  }

export const ELEMENTWISE_OPS: Readonly<Record<string, Op>> = {
  Add: nary((tf, a, b) => tf.add(a, b)),
  Sub: nary((tf, a, b) => tf.sub(a, b)),
  Mul: nary((tf, a, b) => tf.mul(a, b)),
  Div: nary((tf, a, b) => tf.div(a, b)),
  Pow: nary((tf, a, b) => tf.pow(a, b)),
  Sum: nary((tf, a, b) => tf.add(a, b)),
  Max: extreme((tf, a, b) => tf.maximum(a, b)),
  Min: extreme((tf, a, b) => tf.minimum(a, b)),
  Mean: mean,
  Abs: unary((tf, x) => tf.abs(x)),
  Exp: unary((tf, x) => tf.exp(x)),
  Log: unary((tf, x) => tf.log(x)),
  Neg: unary((tf, x) => tf.neg(x)),
  Sqrt: unary((tf, x) => tf.sqrt(x)),
  Reciprocal: unary((tf, x) => tf.div(1, x)),
}
