import type { GraphProto } from '../../../gen/onnx.js'
import { elementCount } from '../tensor-data.js'
import { isFloat } from './constant-value.js'

/** Inputs that carry a layer's own weights, whatever their size. */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [1, 2],
  Conv: [1, 2],
  Gemm: [0, 1, 2],
  InstanceNormalization: [1, 2],
  MatMul: [0, 1],
  PRelu: [1],
}

/** Inputs that carry a bias or a scale when they hold more than one value; a single one is part of a formula. */
const AFFINE: Readonly<Record<string, readonly number[]>> = { Add: [0, 1], Mul: [0, 1] }

/** Operators that hand a weight on in another shape. */
const HANDS_ON = new Set('Cast Flatten Identity Reshape Squeeze Transpose Unsqueeze'.split(' '))

/**
 * The initialisers that a network learns: float tensors which a layer reads as its weights, directly or reshaped. Limits,
 * exponents, means and deviations of the input (Sub, Div) are constants, and so are the statistics of batch normalisation.
 */
export function parameterNames(graph: GraphProto): Set<string> {
  const origin = new Map(graph.initializer.filter(isFloat).map((tensor) => [tensor.name, tensor]))
  const names = new Set<string>()
  for (const node of graph.node) {
    const source = origin.get(node.input[0] ?? '')
    if (source && HANDS_ON.has(node.opType)) origin.set(node.output[0] ?? '', source)
    for (const index of WEIGHTS[node.opType] ?? []) add(origin.get(node.input[index] ?? ''), 1)
    for (const index of AFFINE[node.opType] ?? []) add(origin.get(node.input[index] ?? ''), 2)
  }
  return names

  function add(tensor: GraphProto['initializer'][number] | undefined, least: number): void {
    if (tensor && elementCount(tensor.dims) >= least) names.add(tensor.name)
  }
}

/** The initialisers that hold running means and variances. */
export function statisticNames(graph: GraphProto): Set<string> {
  const normalisations = graph.node.filter(({ opType }) => opType === 'BatchNormalization')
  return new Set(normalisations.flatMap(({ input }) => input.slice(3, 5)))
}

/** The initialisers that are the weights of convolutions over pictures. */
export function kernelNames(graph: GraphProto): Set<string> {
  const pictures = new Set(graph.initializer.filter(({ dims }) => dims.length === 4).map(({ name }) => name))
  const read = graph.node.filter(({ opType }) => opType === 'Conv').map(({ input }) => input[1] ?? '')
  return new Set(read.filter((name) => pictures.has(name)))
}
