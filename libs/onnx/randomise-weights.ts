import type { ModelProto, NodeProto, TensorProto } from '../../gen/onnx.js'
import { createRandom, type Random } from '../random/random.js'
import { intOf } from './attributes.js'
import { parameterNames, statisticNames } from './executor/parameters.js'
import { feedsOf } from './graphs.js'
import { elementCount, setFloats } from './tensor-data.js'

/** A weight as a node reads it: `turned` when a Transpose lies between. */
interface Weight {
  readonly tensor: TensorProto
  readonly turned: boolean
}

/** The new values of a weight that a node reads. */
type Fill = (weight: Weight, node: NodeProto, random: Random) => Float32Array

/** By operator and index of the input. */
const FILLS: Readonly<Record<string, Readonly<Record<number, Fill>>>> = {
  Conv: { 1: kernel, 2: all(0) },
  Gemm: { 1: dense, 2: all(0) },
  MatMul: { 0: (weight, ...more) => dense({ ...weight, turned: !weight.turned }, ...more), 1: dense },
  PRelu: { 1: all(0.25) },
  BatchNormalization: { 1: all(1), 2: all(0), 3: all(0), 4: all(1) },
  InstanceNormalization: { 1: all(1), 2: all(0) },
  Add: { 0: all(0), 1: all(0) },
  Mul: { 0: all(1), 1: all(1) },
}

/**
 * Gives a network the weights of one that has learnt nothing: convolutions normal with variance 2 / fan-out (within a group),
 * dense layers normal with variance 2 / fan-in, biases 0, slopes of PReLU 0.25; batch normalisation scale 1, shift 0, mean 0,
 * variance 1. Other scales and shifts by channel become 1 and 0, but not those of the picture before the first layer.
 * Source: K. He et al., "Delving Deep into Rectifiers" (2015); fan-out for convolutions as in torchvision's ResNet.
 *
 * @param model not changed
 * @param seed of which the low 64 bits count; the same seed gives the same weights
 * @returns the same graph, names, types and metadata with other values
 * @throws DomainError MODEL_CORRUPT where a weight does not hold as many values as its shape says
 */
export function randomiseWeights(model: ModelProto, seed: bigint): ModelProto {
  const { graph } = model
  if (!graph) return model
  const random = createRandom(seed)
  const learns = new Set([...parameterNames(graph), ...statisticNames(graph)])
  const weights = new Map<string, Weight>()
  for (const tensor of graph.initializer)
    if (learns.has(tensor.name)) weights.set(tensor.name, { tensor, turned: false })
  const picture = new Set(feedsOf(graph).map(({ name }) => name))
  const fresh = new Map<string, TensorProto>()

  for (const node of graph.node) {
    const fills = FILLS[node.opType]
    const prepares = preparesPicture(node, picture)
    if (prepares) for (const edge of node.output) picture.add(edge)
    const handedOn = weights.get(node.input[0] ?? '')
    if (!fills && handedOn) {
      const turned = handedOn.turned !== (node.opType === 'Transpose')
      weights.set(node.output[0] ?? '', { ...handedOn, turned })
    }
    if (!fills || prepares) continue
    for (const [index, fill] of Object.entries(fills)) {
      const weight = weights.get(node.input[Number(index)] ?? '')
      if (!weight || fresh.has(weight.tensor.name)) continue
      fresh.set(weight.tensor.name, withFloats(weight.tensor, fill(weight, node, random)))
    }
  }
  const initializer = graph.initializer.map((tensor) => fresh.get(tensor.name) ?? tensor)
  return { ...model, graph: { ...graph, initializer } }
}

/** Whether a node stands before the first layer: (x - mean) * scale and the like are no weights to learn anew. */
function preparesPicture({ opType, input }: NodeProto, picture: ReadonlySet<string>): boolean {
  const layer = opType in FILLS && opType !== 'Add' && opType !== 'Mul'
  return !layer && input.some((edge) => picture.has(edge))
}

function withFloats(tensor: TensorProto, values: Float32Array): TensorProto {
  const copy = { ...tensor }
  setFloats(copy, values)
  return copy
}

/** A kernel [out, in / groups, height, width]. */
function kernel({ tensor }: Weight, node: NodeProto, random: Random): Float32Array {
  const [out = 1, , ...window] = tensor.dims.map(Number)
  return normal(tensor, (out / intOf(node, 'group', 1)) * elementCount(window), random)
}

/** A matrix [in, out], or [out, in] where it is read transposed. */
function dense({ tensor, turned }: Weight, node: NodeProto, random: Random): Float32Array {
  const transposed = turned !== (node.opType === 'Gemm' && intOf(node, 'transB', 0) !== 0)
  return normal(tensor, Number(tensor.dims.at(transposed ? -1 : -2) ?? 1n), random)
}

function normal({ dims }: TensorProto, fan: number, random: Random): Float32Array {
  const deviation = Math.sqrt(2 / fan)
  return Float32Array.from({ length: elementCount(dims) }, () => deviation * random.normal())
}

function all(value: number): Fill {
  return ({ tensor }) => new Float32Array(elementCount(tensor.dims)).fill(value)
}
