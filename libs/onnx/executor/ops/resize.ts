import { intOf, textOf } from '../../attributes.js'
import { type Op, required, unsupported } from '../op.js'
import { channelsLast, fromLast, numbersOf, type Value } from '../value.js'

/** Where output pixel `to` lies in the input, in pixels (ONNX Resize, coordinate_transformation_mode). */
const COORDINATES: Readonly<Record<string, (to: number, axis: Axis) => number>> = {
  asymmetric: (to, { scale }) => to / scale,
  half_pixel: (to, { scale }) => (to + 0.5) / scale - 0.5,
  pytorch_half_pixel: (to, { scale, target }) => (target > 1 ? (to + 0.5) / scale - 0.5 : 0),
  align_corners: (to, { size, target }) => (target > 1 ? (to * (size - 1)) / (target - 1) : 0),
}

/** The pixel nearest to a position (ONNX Resize, nearest_mode). */
const ROUNDING: Readonly<Record<string, (position: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (position) => Math.ceil(position - 0.5),
  round_prefer_ceil: (position) => Math.floor(position + 0.5),
}

interface Axis {
  readonly size: number
  readonly target: number
  readonly scale: number
}

/** Upsample and Resize of pictures, nearest or linear, as a product with one matrix of weights for each axis. */
const resize: Op = (node, opset) => {
  const mode = textOf(node, 'mode', 'nearest')
  if (mode !== 'linear' && mode !== 'nearest') throw unsupported(`${node.opType} in mode ${mode}`)
  if (intOf(node, 'antialias', 0) !== 0) throw unsupported('Resize with antialias')
  // Upsample and Resize 10 know neither attribute.
  const old = node.opType === 'Upsample' || opset < 11
  const transform = old ? 'asymmetric' : textOf(node, 'coordinate_transformation_mode', 'half_pixel')
  const coordinate = COORDINATES[transform]
  if (!coordinate) throw unsupported(`Resize with ${transform}`)
  const round = ROUNDING[old ? 'floor' : textOf(node, 'nearest_mode', 'round_prefer_floor')] ?? Math.floor
  const attribute = node.attribute.find(({ name }) => name === 'scales')?.floats
  const weights = (axis: Axis): Float32Array => {
    const matrix = new Float32Array(axis.target * axis.size)
    const inside = (pixel: number) => Math.min(axis.size - 1, Math.max(0, pixel))
    for (let to = 0; to < axis.target; to++) {
      const position = coordinate(to, axis)
      const from = mode === 'nearest' ? inside(round(position)) : Math.floor(inside(position))
      const part = mode === 'nearest' ? 0 : inside(position) - from
      matrix[to * axis.size + from] = 1 - part
      if (part > 0) matrix[to * axis.size + from + 1] = part
    }
    return matrix
  }

  return ({ tf }, x, ...rest) => {
    const input = required(x, 'X')
    const [rows, columns] = axesOf(input, attribute, old ? [rest[0], undefined] : [rest[1], rest[2]])
    const picture = channelsLast(tf, input)
    return fromLast(
      tf.tidy(() => {
        const [n, h, w, c] = picture.shape
        const matrix = (axis: Axis) => tf.tensor(weights(axis), [1, axis.target, axis.size])
        const taller = tf.matMul(matrix(rows), tf.reshape(picture, [n, h, w * c]))
        const wider = tf.matMul(matrix(columns), tf.reshape(taller, [n * rows.target, w, c]))
        return tf.reshape(wider, [n, rows.target, columns.target, c])
      }),
    )
  }
}

function axesOf(
  { shape }: Value,
  attribute: readonly number[] | undefined,
  [scalesInput, sizesInput]: readonly [Value | undefined, Value | undefined],
): [Axis, Axis] {
  const sizes = sizesInput && sizesInput.shape[0] !== 0 ? numbersOf(sizesInput, 'sizes') : undefined
  const scales = sizes ? undefined : (attribute ?? numbersOf(scalesInput, 'scales'))
  const axis = (index: 2 | 3): Axis => {
    const size = shape[index] ?? 0
    const target = sizes?.[index] ?? Math.floor(size * (scales?.[index] ?? 1))
    return { size, target, scale: scales?.[index] ?? target / size }
  }
  return [axis(2), axis(3)]
}

export const RESIZE_OPS: Readonly<Record<string, Op>> = { Resize: resize, Upsample: resize }
