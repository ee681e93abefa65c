import { floatOf, intOf } from '../../attributes.js'
import { type Op, required, unsupported } from '../op.js'
import type { Tensor, Tf, Variable } from '../tensorflow.js'
import { aligned, channelsFirst, channelsLast, fromFirst, fromLast, type Value } from '../value.js'
import { fusedBatchNorm } from './fused-batch-norm.js'

const batchNormalization: Op = (node) => {
  const epsilon = floatOf(node, 'epsilon', 1e-5)
  const momentum = floatOf(node, 'momentum', 0.9)
  return ({ tf, batchStatistics }, x, scale, offset, runningMean, runningVariance) => {
    const input = required(x, 'X')
    const vector = (value: Value | undefined) => channelsFirst(tf, required(value, 'scale, B, mean or var'))
    const [gamma, beta, mean, variance] = [scale, offset, runningMean, runningVariance].map(vector) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ]
    const keep = (running: Tensor, batch: Tensor) => {
      const next = tf.add(tf.mul(running, momentum), tf.mul(batch, 1 - momentum))
      ;(running as Variable).assign(next)
    }
    const learn = (batchMean: Tensor, batchVariance: Tensor) => {
      keep(mean, batchMean)
      keep(variance, batchVariance)
    }
    const picture = asPicture(tf, input)
    const statistics = { gamma, beta, mean, variance }
    const result = fromLast(fusedBatchNorm(tf, channelsLast(tf, picture), statistics, epsilon, batchStatistics, learn))
    return input.shape.length === 4 ? result : fromFirst(tf.reshape(channelsFirst(tf, result), [...input.shape]))
  }
}

/** [n, c] and [n, c, l] as pictures of one pixel or one row. */
function asPicture(tf: Tf, value: Value): Value {
  if (value.shape.length === 4) return value
  const [n = 0, c = 0, ...rest] = value.shape
  const length = rest.reduce((product, size) => product * size, 1)
  return fromFirst(tf.reshape(channelsFirst(tf, value), [n, c, length, 1]))
}

const instanceNormalization: Op = (node) => {
  const epsilon = floatOf(node, 'epsilon', 1e-5)
  return ({ tf }, x, scale, offset) => {
    const picture = channelsLast(tf, required(x, 'input'))
    const gamma = channelsFirst(tf, required(scale, 'scale'))
    const beta = channelsFirst(tf, required(offset, 'B'))
    return fromLast(
      tf.tidy(() => {
        const centred = tf.sub(picture, tf.mean(picture, [1, 2], true))
        const variance = tf.mean(tf.square(centred), [1, 2], true)
        return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), gamma), beta)
      }),
    )
  }
}

/** Local response normalisation over channels (Krizhevsky et al. 2012); ONNX divides alpha by the size, TensorFlow does not. */
const lrn: Op = (node) => {
  const size = intOf(node, 'size', 1)
  if (size % 2 === 0) throw unsupported('LRN over an even number of channels')
  const alpha = floatOf(node, 'alpha', 1e-4) / size
  const beta = floatOf(node, 'beta', 0.75)
  const bias = floatOf(node, 'bias', 1)
  return ({ tf }, x) =>
    fromLast(tf.localResponseNormalization(channelsLast(tf, required(x, 'X')), (size - 1) / 2, bias, alpha, beta))
}

const lpNormalization: Op = (node) => {
  const at = intOf(node, 'axis', -1)
  const p = intOf(node, 'p', 2)
  return ({ tf }, x) => {
    const { tensors, layout } = aligned(tf, [required(x, 'input')])
    const input = tensors[0]!
    const axis = layout.axis(at)
    return layout.value(
      tf.tidy(() => {
        const norm = p === 1 ? tf.sum(tf.abs(input), axis, true) : tf.sqrt(tf.sum(tf.square(input), axis, true))
        return tf.div(input, norm)
      }),
    )
  }
}

export const NORMALISATION_OPS: Readonly<Record<string, Op>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LRN: lrn,
  LpNormalization: lpNormalization,
}
