import type { GraphProto } from '../../../gen/onnx.js'

/**
 * Lets nodes read initialisers directly where the file reads them through Identity: PyTorch exports equal weights once and
 * hands them on so.
 * @returns a graph without these Identity nodes, for computing; the file keeps them
 */
export function withoutAliases(graph: GraphProto): GraphProto {
  const source = new Map(graph.initializer.map(({ name }) => [name, name]))
  const outputs = new Set(graph.output.map(({ name }) => name))
  const node = graph.node.filter(({ opType, input, output }) => {
    const origin = source.get(input[0] ?? '')
    const alias = output[0] ?? ''
    if (opType !== 'Identity' || origin === undefined || outputs.has(alias)) return true
    source.set(alias, origin)
    return false
  })
  return { ...graph, node: node.map((one) => ({ ...one, input: one.input.map((edge) => source.get(edge) ?? edge) })) }
}
