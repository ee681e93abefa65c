import { ints } from '../attributes.js'
import { createGraphBuilder, type Dim, type GraphBuilder } from '../graph-builder.js'
import { noise } from './noise.js'

/** A 3x3 convolution of an 8x8 RGB picture to 4 channels, the start of every test network. @returns its edge */
export function convolved(graph: GraphBuilder, batch: Dim): string {
  const image = graph.input('image', [batch, 3, 8, 8])
  const weights = graph.floats('conv/weights', [4, 3, 3, 3], noise([4, 3, 3, 3], 1).data)
  const bias = graph.floats('conv/bias', [4], noise([4], 2).data)
  return graph.node('Conv', [image, weights, bias], [ints('kernel_shape', [3, 3]), ints('strides', [2, 2])])
}

/** A network `image` [batch, 3, 8, 8] -> `feature` [batch, 36]. @param shape target of its final Reshape */
export function smallNetwork(batch: Dim, shape: readonly number[] = [1, -1]) {
  const graph = createGraphBuilder('small')
  const x = graph.node('Relu', [convolved(graph, batch)])
  graph.node('Reshape', [x, graph.ints('shape', shape)], [], 'feature')
  graph.output('feature', [batch, 36])
  return graph.build()
}
