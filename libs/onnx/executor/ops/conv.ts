import type { NodeProto } from '../../../../gen/onnx.js'
import { floatOf, intOf } from '../../attributes.js'
import { type Kernel, type Op, required, unsupported } from '../op.js'
import type { Tensor, Tensor4D, Tf } from '../tensorflow.js'
import { channelsFirst, channelsLast, derive, fromLast, tapsOf } from '../value.js'
import { addBias } from './bias.js'
import { convWithBias } from './conv-with-bias.js'
import { padPicture, placement, type Window, windowOf } from './window.js'

/** Conv over pictures: groups, depthwise, dilations, any padding. */
const conv: Op = (node) => {
  const geometry = geometryOf(node)
  return ({ tf }, x, weights, bias) => {
    const kernel = required(weights, 'W')
    const taps = tapsOf(tf, kernel)
    const picture = channelsLast(tf, required(x, 'X'))
    const form = formOf(geometry.group, kernel.shape, picture.shape[3])
    const filter = derive(tf, [kernel], `${form} ${geometry.window.dilations}`, () =>
      arranged(tf, taps, form, geometry),
    )
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
    const kernel = required(weights, 'W')
    const values = affine.map((value) => required(value, 'scale, B, mean or var'))
    const vectors = bias ? [...values, bias] : values
    const [gamma, beta, mean, variance, offset] = vectors.map((value) => channelsFirst(tf, value)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor?,
    ]
    const taps = tapsOf(tf, kernel)
    const deviation = derive(tf, [required(affine[3], 'var')], `deviation-${epsilon}`, () =>
      tf.rsqrt(tf.add(variance, epsilon)),
    )
    const all = [kernel, ...vectors]
    // Convolutions may share their kernel, each with a normalisation of its own.
    const [own = ''] = normalization.output
    const scale = derive(tf, all, `scale ${own}`, () => tf.mul(gamma, deviation))
    const picture = channelsLast(tf, required(x, 'X'))
    const form = formOf(geometry.group, kernel.shape, picture.shape[3])
    const filter = derive(tf, all, `folded ${own}`, () => arranged(tf, scaled(tf, taps, scale), form, geometry))
    const shift = derive(tf, all, `folded-bias ${own}`, () =>
      tf.add(tf.mul(offset ? tf.sub(offset, mean) : tf.neg(mean), scale), beta),
    )
    return fromLast(convolve(tf, picture, filter, shift, form, geometry))
  }
}

/** (h, w, in, out) times (out), with gradients that go through the weights but once. */
function scaled(tf: Tf, taps: Tensor, scale: Tensor): Tensor {
  const multiply = tf.customGrad((...given) => {
    const [values, factors, save] = given as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void]
    save([values, factors])
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [weights, by] = saved as [Tensor, Tensor]
      return [tf.mul(dy, by), tf.sum(tf.mul(dy, weights), [0, 1, 2])]
    }
    return { value: tf.mul(values, factors), gradFunc }
  })
  return multiply(taps, scale)
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

/** (h, w, in / group, out) as TensorFlow wants it: the same, or (h, w, in, out / in) for depthwise; dilated. */
function arranged(tf: Tf, taps: Tensor, form: Form, { window, group }: Geometry): Tensor4D {
  const [h = 0, w = 0, , out = 0] = taps.shape
  const kernel = form === 'depthwise' ? tf.reshape(taps, [h, w, group, out / group]) : taps
  return dilated(tf, kernel as Tensor4D, window.dilations)
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
    if (form === 'whole' && bias) return convWithBias(tf, padded, filter, bias, { strides, pad })
    const one = (picture: Tensor4D, kernel: Tensor4D) => tf.conv2d(picture, kernel, strides, pad)
    const result =
      form === 'depthwise'
        ? tf.depthwiseConv2d(padded, filter, strides, pad)
        : form === 'whole'
          ? one(padded, filter)
          : grouped(tf, padded, filter, group, one)
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
