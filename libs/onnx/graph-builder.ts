import {
  type AttributeProto,
  type DeepPartial,
  ModelProto,
  NodeProto,
  type TensorProto,
  TensorShapeProto_Dimension,
  ValueInfoProto,
} from '../../gen/onnx.js'
import { DATA_TYPE, floatTensor, int64Tensor } from './tensor-data.js'

/** One dimension of an edge: a number, or the name of a dimension known only at run time. */
export type Dim = number | string

/** Builds one ONNX graph. Edges are names; a node names its output unless told otherwise. */
export interface GraphBuilder {
  /** Declares a float32 input. @returns its edge */
  input(name: string, dims: readonly Dim[]): string
  /** Adds a constant float32 tensor. @returns its edge */
  floats(name: string, dims: readonly number[], data: Float32Array): string
  /** Adds a constant list of int64 (a shape, a padding). @returns its edge */
  ints(name: string, values: readonly number[]): string
  /** Adds an operation with one output. @returns the edge of that output */
  node(opType: string, inputs: readonly string[], attributes?: readonly AttributeProto[], output?: string): string
  /** Declares the float32 edge `name` as an output. */
  output(name: string, dims: readonly Dim[]): void
  /** The finished model. */
  build(): ModelProto
}

// Opset 13 belongs to IR version 7 (ONNX 1.8): old enough for every runtime in use, new enough for all we emit.
const OPSET = 13n
const IR_VERSION = 7n

/**
 * Starts an empty graph.
 * @param name of the graph
 * @param metadata free text pairs kept in the file (source, licence)
 */
export function createGraphBuilder(name: string, metadata: Readonly<Record<string, string>> = {}): GraphBuilder {
  const node: NodeProto[] = []
  const initializer: TensorProto[] = []
  const input: ValueInfoProto[] = []
  const output: ValueInfoProto[] = []
  const constant = (tensor: TensorProto): string => {
    initializer.push(tensor)
    return tensor.name
  }

  return {
    input(edge, dims) {
      input.push(floatEdge(edge, dims))
      return edge
    },
    floats: (edge, dims, data) => constant(floatTensor(edge, dims, data)),
    ints: (edge, values) => constant(int64Tensor(edge, values)),
    node(opType, inputs, attributes = [], edge = `${opType.toLowerCase()}_${node.length}`) {
      node.push(
        NodeProto.fromPartial({ opType, name: edge, input: [...inputs], output: [edge], attribute: [...attributes] }),
      )
      return edge
    },
    output(edge, dims) {
      output.push(floatEdge(edge, dims))
    },
    build: () =>
      ModelProto.fromPartial({
        irVersion: IR_VERSION,
        opsetImport: [{ domain: '', version: OPSET }],
        producerName: 'crossres',
        graph: { name, node, initializer, input, output },
        metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      }),
  }
}

function floatEdge(name: string, dims: readonly Dim[]): ValueInfoProto {
  const dim = dims.map(dimension)
  return ValueInfoProto.fromPartial({ name, type: { tensorType: { elemType: DATA_TYPE.float, shape: { dim } } } })
}

/** A dimension of an edge's declared shape. */
export function dimension(dim: Dim): TensorShapeProto_Dimension {
  const value: DeepPartial<TensorShapeProto_Dimension>['value'] =
    typeof dim === 'number' ? { $case: 'dimValue', value: BigInt(dim) } : { $case: 'dimParam', value: dim }
  return TensorShapeProto_Dimension.fromPartial({ value })
}
