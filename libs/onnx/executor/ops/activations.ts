import { floatOf, intOf } from '../../attributes.js'
import { type Op, required } from '../op.js'
import type { Tensor, Tf } from '../tensorflow.js'
import { broadcastable, channelsFirst, fromFirst, mapped, numbersOf, type Value } from '../value.js'
import { prelu, relu, relu6 } from './rectifiers.js'

const activation =
  (read: (...declaration: Parameters<Op>) => (tf: Tf, x: Tensor) => Tensor): Op =>
  (...declaration) => {
    const compute = read(...declaration)
    return ({ tf }, x) => mapped(tf, required(x, 'X'), (tensor) => tf.tidy(() => compute(tf, tensor)))
  }

const hardSigmoid = (alpha: number, beta: number) => (tf: Tf, x: Tensor) =>
  tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1)

/** Limits as attributes up to opset 10, as inputs since. */
const clip: Op = (node, opset) => {
  const least = floatOf(node, 'min', Number.NEGATIVE_INFINITY)
  const most = floatOf(node, 'max', Number.POSITIVE_INFINITY)
  return ({ tf }, x, min, max) => {
    const limit = (input: Value | undefined, otherwise: number) =>
      input && opset >= 11 ? (numbersOf(input, 'limit of Clip')[0] ?? otherwise) : otherwise
    const [low, high] = [limit(min, least), limit(max, most)]
    const clipped = (tensor: Tensor) => {
      if (low === 0 && high === Number.POSITIVE_INFINITY) return relu(tf, tensor)
      return low === 0 && high === 6 ? relu6(tf, tensor) : tf.clipByValue(tensor, low, high)
    }
    return mapped(tf, required(x, 'X'), clipped)
  }
}

const parametric: Op =
  () =>
  ({ tf }, x, slope) => {
    const { tensors, layout } = broadcastable(tf, [required(x, 'X'), required(slope, 'slope')])
    const [input, alpha] = tensors
    return layout.value(prelu(tf, input!, alpha!))
  }

/** Along one axis since opset 13; before, over all dimensions from `axis` on. */
const softmax: Op = (node, opset) => {
  const flat = opset < 13
  const axis = intOf(node, 'axis', flat ? 1 : -1)
  return ({ tf }, x) => {
    const input = channelsFirst(tf, required(x, 'X'))
    const { shape, rank } = input
    const at = axis < 0 ? axis + rank : axis
    if (!flat && at !== rank - 1) {
      const order = shape.map((_, index) => index)
      order.splice(at, 1)
      order.push(at)
      // Sorting the places by where they went gives the way back.
      const back = order.map((_, index) => order.indexOf(index))
      return fromFirst(tf.tidy(() => tf.transpose(tf.softmax(tf.transpose(input, order)), back)))
    }
    const rows = shape.slice(0, at).reduce((product, size) => product * size, 1)
    return fromFirst(
      tf.tidy(() => (flat ? tf.reshape(tf.softmax(tf.reshape(input, [rows, -1])), shape) : tf.softmax(input))),
    )
  }
}

export const ACTIVATION_OPS: Readonly<Record<string, Op>> = {
  Relu: activation(() => relu),
  LeakyRelu: activation((node) => {
    const alpha = floatOf(node, 'alpha', 0.01)
    return (tf, x) => tf.leakyRelu(x, alpha)
  }),
  PRelu: parametric,
  Sigmoid: activation(() => (tf, x) => tf.sigmoid(x)),
  Tanh: activation(() => (tf, x) => tf.tanh(x)),
  Softplus: activation(() => (tf, x) => tf.softplus(x)),
  HardSigmoid: activation((node) => hardSigmoid(floatOf(node, 'alpha', 0.2), floatOf(node, 'beta', 0.5))),
  HardSwish: activation(() => (tf, x) => tf.mul(x, hardSigmoid(1 / 6, 0.5)(tf, x))),
  Elu: activation((node) => {
    const alpha = floatOf(node, 'alpha', 1)
    return (tf, x) => tf.add(tf.relu(x), tf.mul(tf.elu(tf.minimum(x, 0)), alpha))
  }),
  Selu: activation((node) => {
    const alpha = floatOf(node, 'alpha', 1.6732632)
    const gamma = floatOf(node, 'gamma', 1.0507009)
    return (tf, x) => tf.mul(tf.add(tf.relu(x), tf.mul(tf.elu(tf.minimum(x, 0)), alpha)), gamma)
  }),
  Clip: clip,
  Softmax: softmax,
}
