import type { ModelProto } from '../../../gen/onnx.js'
import { float, ints } from '../../onnx/attributes.js'
import { createGraphBuilder } from '../../onnx/graph-builder.js'
import { conv, SAME, separableConv, VALID } from './layers.js'
import { FACE_API_METADATA } from './metadata.js'
import type { WeightLookup } from './read-weights.js'

/** The pixels the detector wants: (value - mean) * scale; any width and height that are multiples of `multiple`. */
export const DETECTOR_INPUT = {
  multiple: 32,
  colour: 'RGB',
  mean: [117.001, 114.697, 97.404],
  scale: 1 / 255,
} as const

/** Side of a grid cell in pixels of the network's input. */
export const DETECTOR_CELL = 32

/** Width and height of the prior boxes, in cells (the constants the network was trained with). */
export const DETECTOR_ANCHORS = [
  [1.603231, 2.094468],
  [6.041143, 7.080126],
  [2.882459, 3.518061],
  [4.266906, 5.178857],
  [9.041765, 10.66308],
] as const

/** Separable layers: name, channels in and out, stride of the pooling that follows. */
const LAYERS = [
  ['conv1', 16, 32, 2],
  ['conv2', 32, 64, 2],
  ['conv3', 64, 128, 2],
  ['conv4', 128, 256, 2],
  ['conv5', 256, 512, 1],
] as const

/**
 * face-api's tiny face detector: Tiny YOLOv2 (Redmon and Farhadi 2016) of separable convolutions and one class.
 *
 * Output channel anchor * 5 + field with the raw fields t_x, t_y, t_w, t_h, objectness; for cell (row, column), in cells:
 * centre = (column + sigmoid(t_x), row + sigmoid(t_y)), size = exp(t) * anchor, score = sigmoid(objectness).
 * @returns a model `image` [batch, 3, height, width] -> `grid` [batch, 25, height / 32, width / 32]
 */
export function detectorGraph(weight: WeightLookup): ModelProto {
  const graph = createGraphBuilder('tiny-face-detector', FACE_API_METADATA)
  const leaky = (x: string) => graph.node('LeakyRelu', [x], [float('alpha', 0.1)])
  // TensorFlow's "same" pooling: a pixel at the end for odd sides; never reached for even ones.
  const pool = (x: string, stride: number) =>
    graph.node(
      'MaxPool',
      [x],
      [ints('kernel_shape', [2, 2]), ints('strides', [stride, stride]), ints('pads', [0, 0, 1, 1])],
    )

  const image = graph.input('image', ['batch', 3, 'height', 'width'])
  const first = weight('conv0/filters', [3, 3, 3, 16])
  let x = pool(leaky(conv(graph, image, 'conv0', first, weight('conv0/bias', [16]).data, VALID)), 2)
  for (const [name, channelsIn, channels, stride] of LAYERS) {
    x = pool(leaky(separableConv(graph, x, name, weight, [channelsIn, channels], SAME)), stride)
  }
  const channels = DETECTOR_ANCHORS.length * 5
  const head = weight('conv8/filters', [1, 1, 512, channels])
  conv(graph, x, 'conv8', head, weight('conv8/bias', [channels]).data, VALID, 'grid')
  graph.output('grid', ['batch', channels, 'rows', 'columns'])
  return graph.build()
}
