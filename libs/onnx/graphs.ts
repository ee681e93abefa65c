import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from '../../gen/onnx.js'

/** The graph of a model and every graph nested in its nodes (branches of If, bodies of Loop and Scan), outermost first. */
export function* allGraphs(model: ModelProto): Generator<GraphProto> {
  if (!model.graph) return
  yield model.graph
  yield* graphsWithin(model.graph.node)
}

/** Every node of a model: those of all its graphs and of its functions. */
export function* allNodes(model: ModelProto): Generator<NodeProto> {
  for (const graph of allGraphs(model)) yield* graph.node
  for (const { node } of model.functions) {
    yield* node
    for (const graph of graphsWithin(node)) yield* graph.node
  }
}

function* graphsWithin(nodes: readonly NodeProto[]): Generator<GraphProto> {
  for (const { attribute } of nodes) {
    for (const { g, graphs } of attribute) {
      for (const graph of g ? [g, ...graphs] : graphs) {
        yield graph
        yield* graphsWithin(graph.node)
      }
    }
  }
}

/** Version of the standard operator set (domain '' or ai.onnx) that a model imports; 0 when it imports none. */
export function opsetVersion(model: ModelProto): number {
  const standard = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')
  return Number(standard?.version ?? 0n)
}

/** The inputs that a caller feeds. Files of IR version 3 and older list their constants among the inputs too. */
export function feedsOf(graph: GraphProto): ValueInfoProto[] {
  const constants = new Set(graph.initializer.map(({ name }) => name))
  return graph.input.filter(({ name }) => !constants.has(name))
}

/** The constant tensors of a model by the edge that carries them: initializers and the values of Constant nodes. */
export function constantTensors(model: ModelProto): ReadonlyMap<string, TensorProto> {
  const constants = new Map<string, TensorProto>()
  for (const graph of allGraphs(model)) for (const tensor of graph.initializer) constants.set(tensor.name, tensor)
  for (const { opType, output, attribute } of allNodes(model)) {
    const value = opType === 'Constant' ? attribute.find(({ name }) => name === 'value')?.t : undefined
    if (value) constants.set(output[0] ?? '', value)
  }
  return constants
}
