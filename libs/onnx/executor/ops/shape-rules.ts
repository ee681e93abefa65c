/** What operators do to shapes: rules of ONNX that hold on the host and on tensors alike. */

/** Number of values in a shape. */
export const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

/** The shape to which two shapes broadcast (numpy's rules, which are ONNX's). */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  const size = (shape: readonly number[], axis: number) => shape[axis - rank + shape.length] ?? 1
  return Array.from({ length: rank }, (_, axis) => (size(a, axis) === 1 ? size(b, axis) : size(a, axis)))
}

/** The target of a Reshape: 0 copies a dimension (unless allowzero), -1 takes what is left. */
export function reshapeTarget(shape: readonly number[], wanted: readonly number[], allowZero: boolean): number[] {
  const copied = wanted.map((size, axis) => (size === 0 && !allowZero ? (shape[axis] ?? 0) : size))
  const known = count(copied.filter((size) => size !== -1))
  return copied.map((size) => (size === -1 ? count(shape) / known : size))
}

/** The shape without the axes given, or without all of length 1. */
export function squeezed(shape: readonly number[], axes: readonly number[]): number[] {
  const gone = axes.map((axis) => (axis < 0 ? axis + shape.length : axis))
  return shape.filter((size, axis) => (axes.length > 0 ? !gone.includes(axis) : size !== 1))
}

/** The shape with 1 at the axes given, which count in the result. */
export function unsqueezed(shape: readonly number[], axes: readonly number[]): number[] {
  const rank = shape.length + axes.length
  const added = axes.map((axis) => (axis < 0 ? axis + rank : axis))
  const rest = [...shape]
  return Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : (rest.shift() ?? 1)))
}

/** What a Slice keeps of each axis it names. @param ranges starts, ends, axes, steps; the latter two are optional */
export function sliceRanges(
  shape: readonly number[],
  [starts = [], ends = [], axes, steps]: readonly (readonly number[] | undefined)[],
): { axis: number; indices: number[] }[] {
  return starts.map((start, place) => {
    const named = axes?.length ? (axes[place] ?? place) : place
    const axis = named < 0 ? named + shape.length : named
    const step = steps?.[place] ?? 1
    const length = shape[axis] ?? 0
    const [least, most] = step > 0 ? [0, length] : [-1, length - 1]
    const inside = (index: number) => Math.min(most, Math.max(least, index < 0 ? index + length : index))
    const [from, to] = [inside(start), inside(ends[place] ?? length)]
    const indices = Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, at) => from + at * step)
    return { axis, indices }
  })
}
