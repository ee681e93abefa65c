import { floatOf, intsOf, textOf } from '../../attributes.js'
import { type Op, required, unsupported } from '../op.js'
import type { Tensor, Tf } from '../tensorflow.js'
import { aligned, numbersOf } from '../value.js'

/** Pads (negative: crops) each axis. Attributes up to opset 10, inputs since; opset 18 may name the axes. */
const pad: Op = (node, opset) => {
  const mode = textOf(node, 'mode', 'constant')
  if (!['constant', 'reflect', 'edge'].includes(mode)) throw unsupported(`Pad in mode ${mode}`)
  return ({ tf }, x, padsInput, valueInput, axesInput) => {
    const input = required(x, 'data')
    const rank = input.shape.length
    const pads = opset < 11 ? intsOf(node, 'pads', intsOf(node, 'paddings', [])) : numbersOf(padsInput, 'pads')
    const value = valueInput ? (numbersOf(valueInput, 'constant_value')[0] ?? 0) : floatOf(node, 'value', 0)
    const axes = axesInput ? numbersOf(axesInput, 'axes') : input.shape.map((_, axis) => axis)
    const { tensors, layout } = aligned(tf, [input])
    const sides = Array.from({ length: rank }, (): [number, number] => [0, 0])
    for (const [index, axis] of axes.entries()) {
      sides[layout.axis(axis)] = [pads[index] ?? 0, pads[index + axes.length] ?? 0]
    }
    return layout.value(
      tf.tidy(() => {
        const cropped = crop(tf, tensors[0]!, sides)
        const grown = sides.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)])
        if (mode === 'constant') return tf.pad(cropped, grown, value)
        return grown.reduce((tensor, side, axis) => extend(tf, tensor, axis, side, mode === 'reflect'), cropped)
      }),
    )
  }
}

function crop(tf: Tf, x: Tensor, sides: readonly (readonly [number, number])[]): Tensor {
  if (sides.every(([before, after]) => before >= 0 && after >= 0)) return tf.clone(x)
  const begin = sides.map(([before]) => Math.max(0, -before))
  const size = x.shape.map((length, axis) => length - begin[axis]! - Math.max(0, -(sides[axis]?.[1] ?? 0)))
  return tf.slice(x, begin, size)
}

/** Continues one axis with its mirror image or its edge; built from slices, because TensorFlow.js's mirrorPad has no gradient. */
function extend(tf: Tf, x: Tensor, axis: number, [before, after]: [number, number], mirror: boolean): Tensor {
  if (before === 0 && after === 0) return x
  const length = x.shape[axis]!
  const part = (from: number, size: number) => {
    const begin = x.shape.map((_, index) => (index === axis ? from : 0))
    const sizes = x.shape.map((full, index) => (index === axis ? size : full))
    return tf.slice(x, begin, sizes)
  }
  const repeated = (from: number, count: number) =>
    tf.tile(
      part(from, 1),
      x.shape.map((_, index) => (index === axis ? count : 1)),
    )
  const parts = [x]
  if (before > 0) parts.unshift(mirror ? tf.reverse(part(1, before), axis) : repeated(0, before))
  if (after > 0) {
    parts.push(mirror ? tf.reverse(part(length - 1 - after, after), axis) : repeated(length - 1, after))
  }
  return tf.concat(parts, axis)
}

export const PAD_OPS: Readonly<Record<string, Op>> = { Pad: pad }
