import {
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  TensorShapeProto_Dimension,
  type ValueInfoProto,
} from '../../gen/onnx.js'
import { intOf } from './attributes.js'
import { keepsBatch } from './batch-rules.js'
import { constantTensors, feedsOf } from './graphs.js'
import { int64Tensor, intsOfTensor } from './tensor-data.js'

/** A model whose batch is dynamic, or the reason why it stays as it is. */
export type FreedBatch =
  | { readonly freed: true; readonly model: ModelProto }
  | { readonly freed: false; readonly reason: string }

/** The name given to the freed dimension. */
const BATCH = 'batch'

/**
 * Makes the batch dimension of a network dynamic. Many files in the wild were exported with batch 1 written into the shapes
 * of inputs and outputs and into Reshape targets; the network itself treats every picture alike.
 *
 * Follows the batch from the inputs along axis 0: a node that could mix pictures stops it. A Reshape to a constant shape
 * that begins with the fixed batch is given -1 there, or 0 (copy from the input) where -1 is taken. The declared shapes of
 * inner edges that carry the batch are dropped: they are optional.
 * @param model is not changed; the result shares its weights
 */
export function freeBatch(model: ModelProto): FreedBatch {
  const graph = model.graph
  const feeds = graph ? feedsOf(graph) : []
  const first = feeds[0] && leadingDim(feeds[0])
  if (!graph || !first) return refused('an input has no declared shape')
  if (feeds.every((feed) => leadingDim(feed)?.value?.$case !== 'dimValue')) return { freed: true, model }
  if (first.value?.$case !== 'dimValue' || feeds.some((feed) => fixedDim(feed) !== fixedDim(feeds[0]!))) {
    return refused('its inputs differ in their first dimension')
  }

  const batch = Number(first.value.value)
  const traced = trace(graph, constantTensors(model), new Set(feeds.map(({ name }) => name)), batch)
  if (typeof traced === 'string') return refused(traced)
  const { carrying, node, shapes } = traced
  const mixed = graph.output.find((output) => carrying.has(output.name) && fixedDim(output) !== batch)
  if (mixed) return refused(`the output "${mixed.name}" does not begin with the batch`)

  const open = (edge: ValueInfoProto) => (carrying.has(edge.name) ? withDynamicBatch(edge) : edge)
  const freed: GraphProto = {
    ...graph,
    node,
    initializer: [...graph.initializer, ...shapes],
    input: graph.input.map(open),
    output: graph.output.map(open),
    valueInfo: graph.valueInfo.filter(({ name }) => !carrying.has(name)),
  }
  return { freed: true, model: { ...model, graph: freed } }
}

interface Trace {
  readonly carrying: ReadonlySet<string>
  readonly node: NodeProto[]
  /** New targets of the Reshape nodes. */
  readonly shapes: TensorProto[]
}

/** Follows the batch through the nodes, which ONNX keeps in topological order. @returns the reason when it gets lost */
function trace(
  graph: GraphProto,
  constants: ReadonlyMap<string, TensorProto>,
  carrying: Set<string>,
  batch: number,
): Trace | string {
  const shapes: TensorProto[] = []
  const nodes: NodeProto[] = []
  for (const node of graph.node) {
    if (!readsBatch(node, carrying)) {
      nodes.push(node)
      continue
    }
    if (node.opType === 'Reshape') {
      const shape = freeTarget(node, constants.get(node.input[1] ?? ''), batch)
      if (!shape) return `the node "${node.name}" reshapes the batch`
      shapes.push(shape)
      // allowzero would turn the copying 0 into an empty dimension; freeTarget has made sure that it is not needed.
      const attribute = node.attribute.filter(({ name }) => name !== 'allowzero')
      nodes.push({ ...node, input: [node.input[0]!, shape.name], attribute })
    } else if (keepsBatch(node, constants, (edge) => carrying.has(edge))) {
      nodes.push(node)
    } else {
      return `the node "${node.name}" (${node.opType}) may mix the pictures of a batch`
    }
    for (const edge of node.output) carrying.add(edge)
  }
  return { carrying, node: nodes, shapes }
}

/** Whether a node reads the batch, itself or in a graph nested in it. */
function readsBatch(node: NodeProto, carrying: ReadonlySet<string>): boolean {
  const nested = node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs))
  return (
    node.input.some((edge) => carrying.has(edge)) ||
    nested.some((graph) => graph.node.some((inner) => readsBatch(inner, carrying)))
  )
}

/** The target of a Reshape for any batch; undefined when it is unknown or the batch is not at its head. */
function freeTarget(node: NodeProto, target: TensorProto | undefined, batch: number): TensorProto | undefined {
  if (!target) return undefined
  const [head, ...rest] = intsOfTensor(target)
  if (intOf(node, 'allowzero', 0) !== 0 && [head, ...rest].includes(0)) return undefined
  if (head !== batch && head !== -1 && head !== 0) return undefined
  const free = head === batch ? (rest.includes(-1) ? 0 : -1) : head
  return int64Tensor(`${node.output[0]}/free-batch`, [free, ...rest])
}

const leadingDim = (edge: ValueInfoProto): TensorShapeProto_Dimension | undefined =>
  edge.type?.tensorType?.shape?.dim[0]

/** The first dimension when it is a number. */
function fixedDim(edge: ValueInfoProto): number | undefined {
  const value = leadingDim(edge)?.value
  return value?.$case === 'dimValue' ? Number(value.value) : undefined
}

function withDynamicBatch(edge: ValueInfoProto): ValueInfoProto {
  const { type } = edge
  const tensorType = type?.tensorType
  const shape = tensorType?.shape
  if (!type || !tensorType || !shape) return edge
  const batch = TensorShapeProto_Dimension.fromPartial({ value: { $case: 'dimParam', value: BATCH } })
  const dim = [batch, ...shape.dim.slice(1)]
  return { ...edge, type: { ...type, tensorType: { ...tensorType, shape: { ...shape, dim } } } }
}

const refused = (reason: string): FreedBatch => ({ freed: false, reason })
