import { intOf, intsOf } from '../../attributes.js'
import { DATA_TYPE } from '../../tensor-data.js'
import { type Op, required, unsupported } from '../op.js'
import { aligned, channelsFirst, fromFirst, fromLast, fromNumbers, mapped, numbersOf, type Value } from '../value.js'
import { broadcastShape, count, reshapeTarget, sliceRanges, squeezed, unsqueezed } from './shape-rules.js'

const same: Op =
  () =>
  ({ tf }, x) =>
    mapped(tf, required(x, 'input'), (tensor) => tf.clone(tensor))

/** Inference only: a network whose dropout is on is refused before it comes here. */
const dropout: Op = (node, opset) => {
  if (node.output.length > 1 && node.output[1] !== '') throw unsupported('Dropout with a mask')
  return same(node, opset)
}

/** A change of shape alone, in ONNX's order. @param target the shape wanted; `given` are the further inputs */
const reshaping =
  (read: (...declaration: Parameters<Op>) => (shape: readonly number[], given: readonly Value[]) => number[]): Op =>
  (...declaration) => {
    const target = read(...declaration)
    return ({ tf }, x, ...given) => {
      const input = required(x, 'data')
      const shape = target(
        input.shape,
        given.filter((value) => value !== undefined),
      )
      return fromFirst(tf.reshape(channelsFirst(tf, input), shape))
    }
  }

const transpose: Op = (node) => {
  const declared = intsOf(node, 'perm', [])
  return ({ tf }, x) => {
    const input = required(x, 'data')
    const order = declared.length > 0 ? [...declared] : input.shape.map((_, axis) => axis).reverse()
    // Between ONNX's two layouts of a picture nothing moves: what lay channels last is now simply called so.
    if (order.join() === '0,2,3,1' && input.last) return fromFirst(tf.clone(input.last))
    if (order.join() === '0,3,1,2' && input.first) return fromLast(tf.clone(input.first))
    return fromFirst(tf.transpose(channelsFirst(tf, input), order))
  }
}

const concat: Op = (node) => {
  const axis = intOf(node, 'axis', 1)
  return ({ tf }, ...inputs) => {
    const { tensors, layout } = aligned(
      tf,
      inputs.map((input) => required(input, 'inputs')),
    )
    return layout.value(tf.concat(tensors, layout.axis(axis)))
  }
}

/** Sizes as an attribute, as an input (opset 13), or equal parts, of which the last may be smaller (opset 18). */
const split: Op = (node) => {
  const axis = intOf(node, 'axis', 0)
  const declared = intsOf(node, 'split', [])
  const parts = intOf(node, 'num_outputs', node.output.length)
  return ({ tf }, x, given) => {
    const input = required(x, 'input')
    const { tensors, layout } = aligned(tf, [input])
    const at = layout.axis(axis)
    const length = tensors[0]?.shape[at] ?? 0
    const size = Math.ceil(length / parts)
    const equal = Array.from({ length: parts }, (_, index) => Math.min(size, length - index * size))
    const sizes = given ? numbersOf(given, 'split') : declared.length > 0 ? declared : equal
    return tf.split(tensors[0]!, [...sizes], at).map((tensor) => layout.value(tensor))
  }
}

const slice: Op = (node, opset) => {
  const attribute = (name: string) => intsOf(node, name, [])
  return ({ tf }, x, ...given) => {
    const input = required(x, 'data')
    const ranges = opset < 10 ? ['starts', 'ends', 'axes'].map(attribute) : given.map((v) => v && numbersOf(v, 'slice'))
    const { tensors, layout } = aligned(tf, [input])
    return layout.value(
      tf.tidy(() =>
        sliceRanges(input.shape, ranges).reduce((tensor, { axis, indices }) => {
          const at = layout.axis(axis)
          const [first = 0] = indices
          // TensorFlow.js has no gradient of a slice with steps.
          if (indices.some((index, place) => index !== first + place)) {
            return tf.gather(tensor, tf.tensor(indices, [indices.length], 'int32'), at)
          }
          const begin = tensor.shape.map((_, place) => (place === at ? first : 0))
          const size = tensor.shape.map((full, place) => (place === at ? indices.length : full))
          return tf.slice(tensor, begin, size)
        }, tf.clone(tensors[0]!)),
      ),
    )
  }
}

const gather: Op = (node) => {
  const axis = intOf(node, 'axis', 0)
  return ({ tf }, x, given) => {
    const input = required(x, 'data')
    const indices = required(given, 'indices')
    const at = axis < 0 ? axis + input.shape.length : axis
    const length = input.shape[at] ?? 0
    const places = numbersOf(indices, 'indices').map((index) => (index < 0 ? index + length : index))
    const data = channelsFirst(tf, input)
    const shape = [...input.shape.slice(0, at), ...indices.shape, ...input.shape.slice(at + 1)]
    return fromFirst(tf.tidy(() => tf.reshape(tf.gather(data, tf.tensor(places, [places.length], 'int32'), at), shape)))
  }
}

const expand: Op =
  () =>
  ({ tf }, x, given) => {
    const input = required(x, 'input')
    const shape = broadcastShape(input.shape, numbersOf(given, 'shape'))
    return fromFirst(tf.broadcastTo(channelsFirst(tf, input), shape))
  }

const shapeOf: Op = (node) => {
  const start = intOf(node, 'start', 0)
  const end = intOf(node, 'end', Number.MAX_SAFE_INTEGER)
  return (_, x) => {
    const dims = required(x, 'data').shape.slice(start, end)
    return fromNumbers(dims, [dims.length], true)
  }
}

const FLOATS: ReadonlySet<number> = new Set([DATA_TYPE.float, DATA_TYPE.float16, DATA_TYPE.double])

/** Between the float types, which are all float32 here; integers stay on the host. */
const cast: Op = (node, opset) => {
  if (!FLOATS.has(intOf(node, 'to', DATA_TYPE.float))) {
    return () => {
      throw unsupported('Cast of a picture to integers')
    }
  }
  return same(node, opset)
}

export const SHAPE_OPS: Readonly<Record<string, Op>> = {
  Identity: same,
  Dropout: dropout,
  Cast: cast,
  Flatten: reshaping((node) => {
    const axis = intOf(node, 'axis', 1)
    return (shape) => {
      const at = axis < 0 ? axis + shape.length : axis
      return [count(shape.slice(0, at)), count(shape.slice(at))]
    }
  }),
  Reshape: reshaping((node) => {
    const allowZero = intOf(node, 'allowzero', 0) !== 0
    return (shape, [target]) => reshapeTarget(shape, numbersOf(target, 'shape'), allowZero)
  }),
  Squeeze: reshaping((node) => {
    const axes = intsOf(node, 'axes', [])
    return (shape, [given]) => squeezed(shape, given ? numbersOf(given, 'axes') : axes)
  }),
  Unsqueeze: reshaping((node) => {
    const axes = intsOf(node, 'axes', [])
    return (shape, [given]) => unsqueezed(shape, given ? numbersOf(given, 'axes') : axes)
  }),
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Expand: expand,
  Shape: shapeOf,
}
