import { intOf, intsOf } from '../../attributes.js'
import { type Op, required, unsupported } from '../op.js'
import type { Tensor4D, Tf } from '../tensorflow.js'
import { channelsLast, fromLast } from '../value.js'
import { maxPool } from './max-pool.js'
import { padPicture, pair, placement, type Window, windowOf } from './window.js'

const maximumPool: Op = (node) => {
  const { window, kernel } = poolOf(node)
  if (node.output.length > 1 && node.output[1] !== '') throw unsupported('MaxPool with indices')
  return ({ tf }, x) => {
    const picture = channelsLast(tf, required(x, 'X'))
    const [, h, w] = picture.shape
    const { axes, mode } = placement(window, kernel, [h, w])
    const strides: [number, number] = [...window.strides]
    if (mode !== 'explicit') return fromLast(maxPool(tf, picture, kernel, strides, mode))
    const sides = axes.map(({ before, after, extra }) => [before, after + extra] as const)
    const padded = () => padPicture(tf, picture, sides, Number.NEGATIVE_INFINITY)
    return fromLast(tf.tidy(() => maxPool(tf, padded(), kernel, strides, 'valid')))
  }
}

const averagePool: Op = (node) => {
  const { window, kernel } = poolOf(node)
  const countPadding = intOf(node, 'count_include_pad', 0) !== 0
  return ({ tf }, x) => {
    const picture = channelsLast(tf, required(x, 'X'))
    const [, h, w] = picture.shape
    const { axes, mode } = placement(window, kernel, [h, w])
    const strides: [number, number] = [...window.strides]
    // TensorFlow's "same" leaves the padding out of its averages.
    if (mode === 'valid' || (mode === 'same' && !countPadding)) {
      return fromLast(tf.avgPool(picture, kernel, strides, mode))
    }
    const declared = axes.map(({ before, after }) => [before, after] as const)
    const extra = axes.map((axis) => [0, axis.extra] as const)
    const average = (values: Tensor4D, padValue: number) => {
      const padded = padPicture(tf, padPicture(tf, values, declared, padValue), extra)
      return tf.avgPool(padded, kernel, strides, 'valid')
    }
    return fromLast(
      tf.tidy(() => {
        const counted = average(tf.ones([1, h, w, 1]) as Tensor4D, countPadding ? 1 : 0)
        return tf.div(average(picture, 0), counted)
      }),
    )
  }
}

function poolOf(node: Parameters<Op>[0]): { window: Window; kernel: [number, number] } {
  const window = windowOf(node)
  if (window.dilations.some((dilation) => dilation !== 1)) throw unsupported(`${node.opType} with dilations`)
  return { window, kernel: pair(intsOf(node, 'kernel_shape', [])) }
}

const globally =
  (reduce: (tf: Tf, x: Tensor4D) => ReturnType<Tf['mean']>): Op =>
  () =>
  ({ tf }, x) =>
    fromLast(reduce(tf, channelsLast(tf, required(x, 'X'))))

export const POOL_OPS: Readonly<Record<string, Op>> = {
  MaxPool: maximumPool,
  AveragePool: averagePool,
  GlobalAveragePool: globally((tf, x) => tf.mean(x, [1, 2], true)),
  GlobalMaxPool: globally((tf, x) => tf.max(x, [1, 2], true)),
}
