import type { NodeProto } from '../../../../gen/onnx.js'
import { intOf, intsOf, textOf } from '../../attributes.js'
import { unsupported } from '../op.js'
import type { Tensor4D, Tf } from '../tensorflow.js'

/** How a kernel slides over height and width (ONNX: Conv, MaxPool, AveragePool). */
export interface Window {
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  readonly autoPad: string
  readonly pads: readonly number[]
  readonly ceil: boolean
}

/** Rows or columns added at one side and the other; `extra` at the end, for the last window of ceil_mode. */
export interface Padding {
  readonly before: number
  readonly after: number
  readonly extra: number
}

/** @throws DomainError MODEL_OPS_UNSUPPORTED for other than two spatial dimensions */
export function windowOf(node: NodeProto): Window {
  const kernel = intsOf(node, 'kernel_shape', [1, 1])
  if (kernel.length !== 2) throw unsupported(`${node.opType} over ${kernel.length} dimensions`)
  return {
    strides: pair(intsOf(node, 'strides', [1, 1])),
    dilations: pair(intsOf(node, 'dilations', [1, 1])),
    autoPad: textOf(node, 'auto_pad', 'NOTSET'),
    pads: intsOf(node, 'pads', [0, 0, 0, 0]),
    ceil: intOf(node, 'ceil_mode', 0) !== 0,
  }
}

export const pair = ([first = 1, second = 1]: readonly number[]): [number, number] => [first, second]

/** The padding of one axis. @param reach of the kernel, dilation included; @param axis 0 = height, 1 = width */
export function paddingOf(window: Window, reach: number, size: number, axis: 0 | 1): Padding {
  const stride = window.strides[axis]
  if (window.autoPad === 'VALID') return { before: 0, after: 0, extra: 0 }
  if (window.autoPad.startsWith('SAME')) {
    const { before, after } = samePadding(stride, reach, size)
    return window.autoPad === 'SAME_LOWER' ? { before: after, after: before, extra: 0 } : { before, after, extra: 0 }
  }
  const before = window.pads[axis] ?? 0
  const after = window.pads[axis + 2] ?? 0
  const span = size + before + after
  if (!window.ceil) return { before, after, extra: 0 }
  let count = Math.ceil((span - reach) / stride) + 1
  // A window must begin in the picture or its leading padding.
  if ((count - 1) * stride >= size + before) count--
  return { before, after, extra: Math.max(0, (count - 1) * stride + reach - span) }
}

/** TensorFlow's "same": the odd pixel goes to the end. */
function samePadding(stride: number, reach: number, size: number): { before: number; after: number } {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size)
  const before = Math.floor(total / 2)
  return { before, after: total - before }
}

/** The paddings of height and width, and TensorFlow's word for them where it has one. */
export function placement(window: Window, reach: readonly [number, number], size: readonly [number, number]) {
  const axes = ([0, 1] as const).map((axis) => paddingOf(window, reach[axis], size[axis], axis))
  const none = axes.every(({ before, after, extra }) => before + after + extra === 0)
  const same = axes.every(({ before, after, extra }, index) => {
    const axis = index as 0 | 1
    const wanted = samePadding(window.strides[axis], reach[axis], size[axis])
    return before === wanted.before && after + extra === wanted.after
  })
  const mode: 'valid' | 'same' | 'explicit' = none ? 'valid' : same ? 'same' : 'explicit'
  return { axes, mode }
}

/** Pads [n, h, w, c] at its height and width. @param sides top and bottom, left and right */
export function padPicture(tf: Tf, x: Tensor4D, sides: readonly (readonly [number, number])[], value = 0): Tensor4D {
  const [rows = [0, 0], columns = [0, 0]] = sides
  return tf.pad(x, [[0, 0], [...rows], [...columns], [0, 0]], value)
}
