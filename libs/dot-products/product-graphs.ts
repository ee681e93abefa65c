import { int } from '../onnx/attributes.js'
import { createGraphBuilder, type GraphBuilder } from '../onnx/graph-builder.js'
import { DATA_TYPE } from '../onnx/tensor-data.js'
import { writeOnnx } from '../onnx/write-onnx.js'

/** Products of all rows with all rows, as an ONNX file: `products` [left x right] of `left` [left x d] and `right` [right x d]. */
export function productGraph(): Uint8Array {
  const graph = createGraphBuilder('dot-products')
  graph.output(addProducts(graph), ['left', 'right'])
  return writeOnnx(graph.build())
}

/**
 * Some of these products: `picked` [n], those at `places` [n] counted row by row. Places are float32, like whatever an engine is fed with,
 * and exact below 2^24.
 */
export function pickedProductGraph(): Uint8Array {
  const graph = createGraphBuilder('picked-dot-products')
  const products = graph.node('Reshape', [addProducts(graph), graph.ints('flat', [-1])])
  const places = graph.node('Cast', [graph.input('places', ['n'])], [int('to', DATA_TYPE.int32)])
  graph.output(graph.node('Gather', [products, places], [], 'picked'), ['n'])
  return writeOnnx(graph.build())
}

function addProducts(graph: GraphBuilder): string {
  const sides = [graph.input('left', ['left', 'd']), graph.input('right', ['right', 'd'])]
  return graph.node('Gemm', sides, [int('transB', 1)], 'products')
}
