import { DomainError } from '../../config/domain-error.js'
import type { Tensor, Tensor4D, Tf } from './tensorflow.js'

/**
 * What an edge of the graph carries during a run. Its `shape` is always ONNX's: pictures are [n, c, h, w]. Inside, a picture
 * lies channels first, channels last (what TensorFlow's CPU kernels want), or both: whoever needs the other layout makes it
 * once, so neighbouring operators never transpose. Shapes, axes and other small constants are `numbers` on the host.
 */
export interface Value {
  readonly shape: readonly number[]
  /** The values in row-major order, where they are known without TensorFlow. */
  readonly numbers?: readonly number[]
  /** Whether `numbers` are integers, whose division truncates. */
  readonly integer?: boolean
  /** run: freed after its last reader; borrowed: a feed or a variable; constant: it and all made from it live with the executor. */
  readonly lifetime: 'run' | 'borrowed' | 'constant'
  first?: Tensor
  last?: Tensor4D
  /** The weights of a convolution, [out, in, h, w], as TensorFlow wants them: [h, w, in, out]. */
  taps?: Tensor4D
  /** Other forms of a constant, by what they are for. */
  derived?: Map<string, Tensor>
}

/** Where NCHW's axes lie in NHWC. */
const AXIS_LAST = [0, 3, 1, 2] as const

/** A value from a tensor in ONNX's own order. */
export const fromFirst = (first: Tensor): Value => ({ shape: first.shape, lifetime: 'run', first })

/** A value from a tensor [n, h, w, c]. */
export const fromLast = (last: Tensor): Value => {
  const [n = 0, h = 0, w = 0, c = 0] = last.shape
  return { shape: [n, c, h, w], lifetime: 'run', last: last as Tensor4D }
}

/** A value known on the host. */
export const fromNumbers = (numbers: readonly number[], shape: readonly number[], integer: boolean): Value => ({
  shape,
  numbers,
  integer,
  lifetime: 'run',
})

/** The value as a tensor in ONNX's own order. */
export function channelsFirst(tf: Tf, value: Value): Tensor {
  if (value.first) return value.first
  if (value.last) {
    const { last, shape } = value
    value.first = kept(tf, value, plain(shape) ? tf.reshape(last, [...shape]) : tf.transpose(last, [0, 3, 1, 2]))
  } else if (value.taps) {
    value.first = kept(tf, value, fromTaps(tf, value.taps))
  } else {
    value.first = kept(tf, value, tf.tensor([...(value.numbers ?? [])], [...value.shape], 'float32'))
  }
  return value.first
}

/** A picture [n, c, h, w] as a tensor [n, h, w, c]. @throws DomainError MODEL_SHAPES when it has not four dimensions */
export function channelsLast(tf: Tf, value: Value): Tensor4D {
  if (value.last) return value.last
  const { shape } = value
  if (shape.length !== 4) {
    throw new DomainError('MODEL_SHAPES', `A picture of four dimensions is needed, not [${shape.join(', ')}].`)
  }
  const [n = 0, c = 0, h = 0, w = 0] = shape
  const first = channelsFirst(tf, value)
  const last = plain(shape) ? tf.reshape(first, [n, h, w, c]) : tf.transpose(first, [0, 2, 3, 1])
  value.last = kept(tf, value, last as Tensor4D)
  return value.last
}

/** The weights of a convolution, [out, in, h, w], as a tensor [h, w, in, out]. */
export function tapsOf(tf: Tf, value: Value): Tensor4D {
  value.taps ??= kept(tf, value, toTaps(tf, channelsFirst(tf, value)))
  return value.taps
}

export const toTaps = (tf: Tf, weights: Tensor) => tf.transpose(weights, [2, 3, 1, 0]) as Tensor4D
export const fromTaps = (tf: Tf, taps: Tensor) => tf.transpose(taps, [3, 2, 0, 1]) as Tensor4D

/** Whether both layouts of a picture hold the same values in the same order, so that a reshape turns one into the other. */
const plain = ([, c = 0, h = 0, w = 0]: readonly number[]) => c === 1 || h * w === 1

function kept<T extends Tensor>(tf: Tf, owner: Value, tensor: T): T {
  return owner.lifetime === 'constant' ? tf.keep(tensor) : tensor
}

/** A form computed from values: anew in each run, or once when all of them are constants. */
export function derive<T extends Tensor>(tf: Tf, from: readonly Value[], purpose: string, compute: () => T): T {
  const [owner] = from
  if (!owner || from.some(({ lifetime }) => lifetime !== 'constant')) return tf.tidy(compute)
  owner.derived ??= new Map()
  const known = owner.derived.get(purpose) ?? tf.keep(tf.tidy(compute))
  owner.derived.set(purpose, known)
  return known as T
}

/** Frees all tensors of a value. */
export function release(value: Value): void {
  value.first?.dispose()
  value.last?.dispose()
  value.taps?.dispose()
  for (const tensor of value.derived?.values() ?? []) tensor.dispose()
  delete value.first
  delete value.last
  delete value.taps
  delete value.derived
}

/** The host's numbers of a value. @throws DomainError MODEL_DYNAMIC_ARGUMENT when they depend on the picture's values */
export function numbersOf(value: Value | undefined, meaning: string): readonly number[] {
  if (value?.numbers) return value.numbers
  throw new DomainError(
    'MODEL_DYNAMIC_ARGUMENT',
    `The network computes "${meaning}" of an operator from its picture. Export it with constant arguments.`,
    { argument: meaning },
  )
}

/** One layout for several tensors. */
export interface Layout {
  /** Where ONNX's axis (negative from the end) lies in the tensors. */
  axis(axis: number): number
  /** A result in this layout. */
  value(tensor: Tensor): Value
}

/** Brings values of equal rank into one layout: channels last as soon as one of them is so. */
export function aligned(tf: Tf, values: readonly Value[]): { tensors: Tensor[]; layout: Layout } {
  const rank = values[0]?.shape.length ?? 0
  const last = values.some((value) => value.last)
  const tensors = values.map((value) => (last ? channelsLast(tf, value) : channelsFirst(tf, value)))
  const positive = (axis: number) => (axis < 0 ? axis + rank : axis)
  const layout: Layout = last
    ? { axis: (axis) => AXIS_LAST[positive(axis)] ?? 0, value: fromLast }
    : { axis: positive, value: fromFirst }
  return { tensors, layout }
}

/** Brings operands of an elementwise operator, which broadcast as in ONNX, into one layout. */
export function broadcastable(tf: Tf, values: readonly Value[]): { tensors: Tensor[]; layout: Layout } {
  if (!values.some((value) => value.last)) return aligned(tf, values)
  const tensors = values.map((value) => broadcastLast(tf, value))
  return { tensors, layout: { axis: (axis) => AXIS_LAST[axis] ?? 0, value: fromLast } }
}

function broadcastLast(tf: Tf, value: Value): Tensor {
  const { shape } = value
  if (shape.length === 4) return channelsLast(tf, value)
  const first = channelsFirst(tf, value)
  if (shape.length === 0) return first
  // Missing dimensions stand in front: [c, 1, 1] is [1, c, 1, 1].
  const whole = [...Array<number>(4 - shape.length).fill(1), ...shape]
  return channelsLast(tf, { shape: whole, lifetime: 'run', first: tf.reshape(first, whole) })
}

/** Applies a function of single values, whatever the layout. */
export function mapped(tf: Tf, value: Value, compute: (tensor: Tensor) => Tensor): Value {
  return value.last ? fromLast(compute(value.last)) : fromFirst(compute(channelsFirst(tf, value)))
}
