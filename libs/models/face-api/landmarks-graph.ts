import type { ModelProto } from '../../../gen/onnx.js'
import { createGraphBuilder, type GraphBuilder } from '../../onnx/graph-builder.js'
import { conv, SAME, SAME_HALF, separableConv } from './layers.js'
import { FACE_API_METADATA } from './metadata.js'
import type { WeightLookup } from './read-weights.js'

/** The pixels the landmark network wants: (value - mean) * scale of the detected box, padded to a square. */
export const LANDMARKS_INPUT = {
  width: 112,
  height: 112,
  colour: 'RGB',
  mean: [122.782, 117.001, 104.298],
  scale: 1 / 255,
} as const

/** Number of points, in the 68-point order of iBUG 300-W (Sagonas et al. 2013). */
export const LANDMARKS_COUNT = 68

/** Channels in and out of the four dense blocks. */
const BLOCKS = [
  [3, 32],
  [32, 64],
  [64, 128],
  [128, 256],
] as const

/**
 * face-api's landmark network: four densely connected blocks of separable convolutions.
 *
 * The output holds x0, y0, x1, y1, ... as fractions of the input's side, 0 = left or top edge, 1 = right or bottom edge.
 * @returns a model `image` [batch, 3, 112, 112] -> `points` [batch, 136]
 */
export function landmarksGraph(weight: WeightLookup): ModelProto {
  const graph = createGraphBuilder('face-landmarks-68', FACE_API_METADATA)
  let x = graph.input('image', ['batch', 3, LANDMARKS_INPUT.height, LANDMARKS_INPUT.width])
  for (const [block, channels] of BLOCKS.entries()) x = dense(graph, x, `dense${block}`, weight, channels)

  x = graph.node('Flatten', [graph.node('GlobalAveragePool', [x])])
  const size = LANDMARKS_COUNT * 2
  const weights = weight('fc/weights', [256, size])
  const bias = weight('fc/bias', [size])
  x = graph.node('MatMul', [x, graph.floats('fc/weights', weights.shape, weights.data)])
  graph.node('Add', [x, graph.floats('fc/bias', [size], bias.data)], [], 'points')
  graph.output('points', ['batch', size])
  return graph.build()
}

/** Halves the picture, then adds to that the outputs of three layers, each fed with the rectified sum so far. */
function dense(
  graph: GraphBuilder,
  x: string,
  name: string,
  weight: WeightLookup,
  [channelsIn, channels]: readonly [number, number],
): string {
  const first = `${name}/conv0`
  const halved =
    channelsIn === 3
      ? conv(
          graph,
          x,
          first,
          weight(`${first}/filters`, [3, 3, 3, channels]),
          weight(`${first}/bias`, [channels]).data,
          SAME_HALF,
        )
      : separableConv(graph, x, first, weight, [channelsIn, channels], SAME_HALF)
  const start = graph.node('Relu', [halved])
  // The first of the three reads `start` itself, which is already rectified.
  let sum = start
  let rectified = start
  for (const layer of ['conv1', 'conv2', 'conv3']) {
    const added = separableConv(graph, rectified, `${name}/${layer}`, weight, [channels, channels], SAME)
    sum = graph.node('Add', [sum, added])
    rectified = graph.node('Relu', [sum])
  }
  return rectified
}
