import type { GraphProto, NodeProto } from '../../../gen/onnx.js'
import { DomainError } from '../../config/domain-error.js'
import type { Context, Kernel } from './op.js'
import { convWithBatchNorm } from './ops/conv.js'
import { hostKernel, onHost } from './ops/host.js'
import { isKnown, opOf } from './registry.js'
import type { Value } from './value.js'

/** One operation of a run. */
export interface Step {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Edges that nobody reads afterwards. */
  readonly done: readonly string[]
  compute(context: Context, inputs: (Value | undefined)[]): readonly Value[]
}

/**
 * Turns the nodes of a graph into steps.
 * @param fold whether a batch normalisation is computed as part of the convolution before it
 * @throws DomainError MODEL_OPS_UNSUPPORTED, which names everything in the graph that is not supported
 */
export function planSteps(graph: GraphProto, opset: number, fold: boolean): Step[] {
  requireKnown(graph)
  const problems: string[] = []
  const folded = fold ? foldableNorms(graph) : new Map<NodeProto, NodeProto>()
  const gone = new Set(folded.values())
  const drafts: Omit<Step, 'done'>[] = []
  for (const node of graph.node) {
    if (node.opType === 'Constant' || gone.has(node)) continue
    try {
      drafts.push(draft(node, folded.get(node), opset))
    } catch (cause) {
      if (!(cause instanceof DomainError) || cause.reason !== 'MODEL_OPS_UNSUPPORTED') throw cause
      problems.push(cause.metadata.operators ?? node.opType)
    }
  }
  refuse(problems)
  return withEnds(drafts, new Set(graph.output.map(({ name }) => name)))
}

function draft(node: NodeProto, normalization: NodeProto | undefined, opset: number): Omit<Step, 'done'> {
  if (normalization) {
    const [x = '', weights = '', bias = ''] = node.input
    const kernel = convWithBatchNorm(node, normalization)
    const inputs = [x, weights, bias, ...normalization.input.slice(1)]
    return { inputs, outputs: normalization.output, compute: onTensors(kernel) }
  }
  const kernel = opOf(node)?.(node, opset)
  const inputs = node.input
  const outputs = node.output
  const tensors = kernel && onTensors(kernel)
  if (!onHost(node.opType)) return { inputs, outputs, compute: tensors! }
  const host = hostKernel(node, opset)
  return {
    inputs,
    outputs,
    compute(context, values) {
      if (values.every((value) => !value || value.numbers)) return [host(values)]
      if (tensors) return tensors(context, values)
      throw new DomainError('MODEL_OPS_UNSUPPORTED', `The network uses ${node.opType} on pictures, not on shapes.`, {
        operators: node.opType,
      })
    },
  }
}

const onTensors =
  (kernel: Kernel): Step['compute'] =>
  (context, values) => {
    const result = kernel(context, ...values)
    return Array.isArray(result) ? result : [result as Value]
  }

/** Convolutions whose result only a batch normalisation with constant weights reads. @returns convolution to normalisation */
function foldableNorms(graph: GraphProto): Map<NodeProto, NodeProto> {
  const constants = new Set(graph.initializer.map(({ name }) => name))
  const readers = new Map<string, number>()
  const edges = [...graph.node.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name)]
  for (const edge of edges) readers.set(edge, (readers.get(edge) ?? 0) + 1)
  const convolutions = new Map(graph.node.filter(isConv).map((node) => [node.output[0] ?? '', node]))
  const folded = new Map<NodeProto, NodeProto>()
  for (const node of graph.node) {
    if (node.opType !== 'BatchNormalization') continue
    const [x = '', ...weights] = node.input
    const before = convolutions.get(x)
    if (!before || readers.get(x) !== 1 || !weights.every((edge) => constants.has(edge))) continue
    folded.set(before, node)
  }
  return folded
}

const isConv = ({ opType }: NodeProto) => opType === 'Conv'

/** Notes at each step which edges end there. */
function withEnds(drafts: readonly Omit<Step, 'done'>[], outputs: ReadonlySet<string>): Step[] {
  const seen = new Set(outputs)
  const steps: Step[] = []
  for (const step of drafts.toReversed()) {
    const done = [...new Set([...step.inputs, ...step.outputs])].filter((edge) => edge !== '' && !seen.has(edge))
    for (const edge of done) seen.add(edge)
    steps.unshift({ ...step, done })
  }
  return steps
}

function requireKnown(graph: GraphProto): void {
  refuse(
    graph.node.filter((node) => !isKnown(node)).map(({ opType, domain }) => (domain ? `${domain}.${opType}` : opType)),
  )
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return
  const operators = [...new Set(problems)].sort().join(', ')
  throw new DomainError(
    'MODEL_OPS_UNSUPPORTED',
    `The network uses what training does not support: ${operators}. Export it with other operators, or train a network without them.`,
    { operators },
  )
}
