import type { NodeProto } from '../../../../gen/onnx.js'
import { floatOf, intOf } from '../../attributes.js'
import { type Kernel, type Op, required, unsupported } from '../op.js'
import type { Tensor, Tensor4D, Tf } from '../tensorflow.js'
import { channelsFirst, channelsLast, derive, fromLast } from '../value.js'
import { addBias } from './bias.js'
import { padPicture, placement, type Window, windowOf } from './window.js'

/** Conv over pictures: groups, depthwise, dilations, any padding. */
const conv: Op = (node) => {
  const geometry = geometryOf(node)
  return ({ tf }, x, weights, bias) => {
    const kernel = required(weights, 'W')
    const taps = channelsFirst(tf, kernel)
    const picture = channelsLast(tf, required(x, 'X'))
    const form = formOf(geometry.group, kernel.shape, picture.shape[3])
    const filter = derive(tf, [kernel], form, () => arranged(tf, taps, form, geometry))
    return fromLast(convolve(tf, picture, filter, bias && channelsFirst(tf, bias), form, geometry))
  }
}

export const CONV_OPS: Readonly<Record<string, Op>> = { Conv: conv }

/**
 * A convolution and the batch normalisation behind it as one: with s = gamma / sqrt(variance + epsilon) the kernel is s W and
 * the bias s (b - mean) + beta. Computed from the variables in every run, so that all of W, b, gamma and beta learn, at the
 * cost of the weights instead of the pictures.
 * @returns a kernel over X, W, B, gamma, beta, mean, variance
 */
export function convWithBatchNorm(node: NodeProto, normalization: NodeProto): Kernel {
  const geometry = geometryOf(node)
  const epsilon = floatOf(normalization, 'epsilon', 1e-5)
  return ({ tf }, x, weights, bias, ...affine) => {
    const values = [weights, ...affine].map((value) => required(value, 'W, scale, B, mean or var'))
    const all = bias ? [...values, bias] : values
    const [taps, gamma, beta, mean, variance, offset] = all.map((value) => channelsFirst(tf, value)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor?,
    ]
    const scale = () => tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)))
    const picture = channelsLast(tf, required(x, 'X'))
    const form = formOf(geometry.group, taps.shape, picture.shape[3])
    const filter = derive(tf, all, `folded-${form}`, () =>
      arranged(tf, tf.mul(taps, tf.reshape(scale(), [-1, 1, 1, 1])), form, geometry),
    )
    const shift = derive(tf, all, 'folded-bias', () =>
      tf.add(tf.mul(offset ? tf.sub(offset, mean) : tf.neg(mean), scale()), beta),
    )
    return fromLast(convolve(tf, picture, filter, shift, form, geometry))
  }
}

interface Geometry {
  readonly window: Window
  readonly group: number
}

type Form = 'whole' | 'depthwise' | 'grouped'

function geometryOf(node: NodeProto): Geometry {
  const window = windowOf(node)
  const group = intOf(node, 'group', 1)
  // TensorFlow's depthwise kernel knows one stride only.
  if (group > 1 && window.strides[0] !== window.strides[1]) throw unsupported('Conv with groups and unequal strides')
  return { window, group }
}

function formOf(group: number, kernel: readonly number[], channels: number): Form {
  if (group === 1) return 'whole'
  return group === channels && kernel[1] === 1 ? 'depthwise' : 'grouped'
}

/** (out, in / group, h, w) as TensorFlow wants it: (h, w, in / group, out), depthwise (h, w, in, out / in); dilated. */
function arranged(tf: Tf, weights: Tensor, form: Form, { window, group }: Geometry): Tensor4D {
  const [out = 0, , h = 0, w = 0] = weights.shape
  const turned = (
    form === 'depthwise'
      ? tf.reshape(tf.transpose(weights, [2, 3, 0, 1]), [h, w, group, out / group])
      : tf.transpose(weights, [2, 3, 1, 0])
  ) as Tensor4D
  return dilated(tf, turned, window.dilations)
}

/** Zeros between the taps: TensorFlow.js has no gradient of a dilated convolution. */
function dilated(tf: Tf, kernel: Tensor4D, [rows, columns]: readonly [number, number]): Tensor4D {
  if (rows === 1 && columns === 1) return kernel
  const [h, w, a, b] = kernel.shape
  const spread = tf.pad(tf.reshape(kernel, [h, 1, w, 1, a * b]), [
    [0, 0],
    [0, rows - 1],
    [0, 0],
    [0, columns - 1],
    [0, 0],
  ])
  const whole = tf.reshape(spread, [h * rows, w * columns, a, b]) as Tensor4D
  return tf.slice(whole, [0, 0, 0, 0], [(h - 1) * rows + 1, (w - 1) * columns + 1, a, b])
}

function convolve(
  tf: Tf,
  x: Tensor4D,
  filter: Tensor4D,
  bias: Tensor | undefined,
  form: Form,
  { window, group }: Geometry,
): Tensor {
  return tf.tidy(() => {
    const [, h, w] = x.shape
    const [reachY, reachX] = filter.shape
    const { axes, mode } = placement(window, [reachY, reachX], [h, w])
    const padded =
      mode === 'explicit'
        ? padPicture(
            tf,
            x,
            axes.map(({ before, after }) => [before, after] as const),
          )
        : x
    const pad = mode === 'same' ? 'same' : 'valid'
    const strides: [number, number] = [...window.strides]
    const one = (picture: Tensor4D, kernel: Tensor4D) => tf.conv2d(picture, kernel, strides, pad)
    const result =
      form === 'depthwise'
        ? tf.depthwiseConv2d(padded, filter, strides, pad)
        : form === 'whole'
          ? one(padded, filter)
          : grouped(tf, padded as Tensor4D, filter, group, one)
    return bias ? addBias(tf, result, bias) : result
  })
}

function grouped(
  tf: Tf,
  x: Tensor4D,
  filter: Tensor4D,
  group: number,
  one: (picture: Tensor4D, kernel: Tensor4D) => Tensor4D,
): Tensor4D {
  const kernels = tf.split(filter, group, 3)
  return tf.concat(
    tf.split(x, group, 3).map((part, index) => one(part as Tensor4D, kernels[index] as Tensor4D)),
    3,
  )
}
