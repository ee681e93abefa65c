import { GraphProto, type ModelProto, type TensorProto } from '../../gen/onnx.js'
import { DATA_TYPE, elementCount, floatsOf } from '../onnx/tensor-data.js'

/** How far a weight that both networks have has moved. */
export interface WeightChange {
  readonly name: string
  /** Number of its values. */
  readonly values: number
  /** ||a - b|| / ||a||, Euclidean norms of all its values; infinity where a is zero and b is not. */
  readonly change: number
}

/** How two networks differ. */
export interface NetworkComparison {
  /** Whether they compute the same but for the values of their weights. */
  readonly sameGraph: boolean
  /** Number of float values among their weights. */
  readonly parameters: { readonly a: number; readonly b: number }
  /** Weights of one name and shape in both, the one that moved most first. */
  readonly weights: readonly WeightChange[]
  /** ||a - b|| / ||a|| over all those weights. */
  readonly change: number
  /** Weights that the other has not, or in another shape. */
  readonly onlyInA: readonly string[]
  readonly onlyInB: readonly string[]
}

/** @throws DomainError MODEL_CORRUPT */
export function compareNetworks(a: ModelProto, b: ModelProto): NetworkComparison {
  const [ofA, ofB] = [floatWeights(a), floatWeights(b)]
  const weights: WeightChange[] = []
  const total = { difference: 0, size: 0 }
  for (const [key, tensor] of ofA) {
    const other = ofB.get(key)
    if (!other) continue
    const { difference, size, values } = squaresOf(tensor, other)
    total.difference += difference
    total.size += size
    weights.push({ name: tensor.name, values, change: ratio(difference, size) })
  }
  const without = (one: Weights, other: Weights) =>
    [...one].filter(([key]) => !other.has(key)).map(([, { name }]) => name)
  return {
    sameGraph: skeletonOf(a).equals(skeletonOf(b)),
    parameters: { a: parametersOf(ofA), b: parametersOf(ofB) },
    weights: weights.sort((one, other) => other.change - one.change),
    change: ratio(total.difference, total.size),
    onlyInA: without(ofA, ofB),
    onlyInB: without(ofB, ofA),
  }
}

/** By name and shape. */
type Weights = ReadonlyMap<string, TensorProto>

const FLOATS: readonly number[] = [DATA_TYPE.float, DATA_TYPE.float16, DATA_TYPE.double]

function floatWeights({ graph }: ModelProto): Weights {
  const floats = (graph?.initializer ?? []).filter(({ dataType }) => FLOATS.includes(dataType))
  return new Map(floats.map((tensor) => [`${tensor.name} [${tensor.dims.join(', ')}]`, tensor]))
}

function parametersOf(weights: Weights): number {
  return [...weights.values()].reduce((sum, { dims }) => sum + elementCount(dims), 0)
}

function squaresOf(a: TensorProto, b: TensorProto) {
  const [one, other] = [floatsOf(a), floatsOf(b)]
  let [difference, size] = [0, 0]
  for (const [i, value] of one.entries()) {
    difference += (value - (other[i] as number)) ** 2
    size += value ** 2
  }
  return { difference, size, values: one.length }
}

function ratio(difference: number, size: number): number {
  return difference === 0 ? 0 : Math.sqrt(difference / size)
}

/** The graph with its weights' names, types and shapes, but without the values of those that are floats. */
function skeletonOf({ graph }: ModelProto): Buffer {
  const hollow = (tensor: TensorProto): TensorProto =>
    FLOATS.includes(tensor.dataType)
      ? { ...tensor, rawData: Buffer.of(), floatData: [], doubleData: [], int32Data: [] }
      : tensor
  const initializer = (graph?.initializer ?? []).map(hollow)
  return Buffer.from(
    GraphProto.encode(GraphProto.fromPartial({ ...graph, name: '', docString: '', initializer })).finish(),
  )
}
