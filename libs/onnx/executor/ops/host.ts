import type { NodeProto } from '../../../../gen/onnx.js'
import { intOf, intsOf } from '../../attributes.js'
import { DATA_TYPE } from '../../tensor-data.js'
import { constantValue } from '../constant-value.js'
import { unsupported } from '../op.js'
import { fromNumbers, type Value } from '../value.js'
import { broadcastShape, count, reshapeTarget, sliceRanges, squeezed, unsqueezed } from './shape-rules.js'

/** A value known on the host. */
interface Numbers {
  readonly numbers: readonly number[]
  readonly shape: readonly number[]
  readonly integer: boolean
}

type HostKernel = (...inputs: Numbers[]) => Numbers
type HostOp = (node: NodeProto, opset: number) => HostKernel

/** Shapes and other arguments computed from constants and from Shape: ordinary numbers, which TensorFlow never sees. */
const unary =
  (compute: (value: number) => number): HostOp =>
  () =>
  (x) => ({ ...x, numbers: x.numbers.map(compute) })

const binary =
  (compute: (a: number, b: number, integer: boolean) => number): HostOp =>
  () =>
  (a, b) => {
    const shape = broadcastShape(a.shape, b.shape)
    const integer = a.integer && b.integer
    const [left, right] = [spread(a, shape), spread(b, shape)]
    return { shape, integer, numbers: left.map((value, index) => compute(value, right[index]!, integer)) }
  }

/** The values of `x`, repeated to fill `shape`. */
function spread({ numbers, shape: own }: Numbers, shape: readonly number[]): number[] {
  return Array.from({ length: count(shape) }, (_, index) => {
    let rest = index
    let at = 0
    let stride = 1
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const place = rest % shape[axis]!
      rest = Math.floor(rest / shape[axis]!)
      const size = own[axis - shape.length + own.length] ?? 1
      if (size !== 1) at += place * stride
      stride *= size
    }
    return numbers[at]!
  })
}

const list = (numbers: readonly number[], integer: boolean): Numbers => ({ numbers, integer, shape: [numbers.length] })

const reshaping =
  (target: (node: NodeProto) => (shape: readonly number[], given: readonly number[] | undefined) => number[]): HostOp =>
  (node) => {
    const shapeOf = target(node)
    return (x, given) => ({ ...x, shape: shapeOf(x.shape, given?.numbers) })
  }

/** Operators on lists (one dimension), which is what shapes are. */
const requireList = ({ shape }: Numbers, what: string): void => {
  if (shape.length > 1) throw unsupported(`${what} of a constant of ${shape.length} dimensions`)
}

const INTEGERS: ReadonlySet<number> = new Set([DATA_TYPE.int32, DATA_TYPE.int64])

const HOST_OPS: Readonly<Record<string, HostOp>> = {
  Identity: () => (x) => x,
  Abs: unary(Math.abs),
  Ceil: unary(Math.ceil),
  Floor: unary(Math.floor),
  Neg: unary((value) => -value),
  Sqrt: unary(Math.sqrt),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b, integer) => (integer ? Math.trunc(a / b) : a / b)),
  Max: binary((a, b) => Math.max(a, b)),
  Min: binary((a, b) => Math.min(a, b)),
  Equal: binary((a, b) => Number(a === b)),
  Where: () => (condition, a, b) => {
    const shape = broadcastShape(broadcastShape(condition.shape, a.shape), b.shape)
    const [test, yes, no] = [spread(condition, shape), spread(a, shape), spread(b, shape)]
    return { shape, integer: a.integer, numbers: test.map((value, index) => (value ? yes : no)[index]!) }
  },
  Cast: (node) => {
    const integer = INTEGERS.has(intOf(node, 'to', DATA_TYPE.float))
    return (x) => ({ ...x, integer, numbers: integer ? x.numbers.map(Math.trunc) : x.numbers })
  },
  Concat:
    () =>
    (...parts) => {
      for (const part of parts) requireList(part, 'Concat')
      return list(
        parts.flatMap(({ numbers }) => [...numbers]),
        parts.every(({ integer }) => integer),
      )
    },
  Gather: () => (x, indices) => {
    requireList(x, 'Gather')
    return { ...x, shape: indices.shape, numbers: indices.numbers.map((index) => x.numbers.at(index) ?? 0) }
  },
  Slice:
    (node, opset) =>
    (x, ...given) => {
      requireList(x, 'Slice')
      const attributes = () => ['starts', 'ends', 'axes'].map((name) => intsOf(node, name, []))
      const ranges = opset < 10 ? attributes() : given.map(({ numbers }) => numbers)
      const indices = sliceRanges(x.shape, ranges)[0]?.indices ?? []
      return list(
        indices.map((index) => x.numbers[index]!),
        x.integer,
      )
    },
  Reshape: reshaping((node) => {
    const allowZero = intOf(node, 'allowzero', 0) !== 0
    return (shape, target) => reshapeTarget(shape, target ?? [], allowZero)
  }),
  Squeeze: reshaping((node) => (shape, axes) => squeezed(shape, axes ?? intsOf(node, 'axes', []))),
  Unsqueeze: reshaping((node) => (shape, axes) => unsqueezed(shape, axes ?? intsOf(node, 'axes', []))),
  ConstantOfShape: (node) => {
    const tensor = node.attribute.find(({ name }) => name === 'value')?.t
    const value = tensor ? constantValue(tensor) : fromNumbers([0], [1], false)
    return ({ numbers: shape }) => ({
      shape,
      integer: value.integer ?? false,
      numbers: Array<number>(count(shape)).fill(value.numbers?.[0] ?? 0),
    })
  },
}

/** Whether the host can compute an operator whose inputs are all known there. */
export const onHost = (opType: string): boolean => opType in HOST_OPS

/** A kernel on the host; its inputs must all have `numbers`, left-out inputs are only allowed at the end. */
export function hostKernel(node: NodeProto, opset: number): (inputs: readonly (Value | undefined)[]) => Value {
  const kernel = HOST_OPS[node.opType]!(node, opset)
  return (inputs) => {
    const known = inputs.filter((value) => value !== undefined)
    const result = kernel(...known.map(({ numbers = [], shape, integer = false }) => ({ numbers, shape, integer })))
    return fromNumbers(result.numbers, result.shape, result.integer)
  }
}
