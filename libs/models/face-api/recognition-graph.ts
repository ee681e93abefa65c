import type { ModelProto } from '../../../gen/onnx.js'
import { ints } from '../../onnx/attributes.js'
import { createGraphBuilder, type GraphBuilder } from '../../onnx/graph-builder.js'
import { type ConvGeometry, conv, SAME, VALID_HALF } from './layers.js'
import { FACE_API_METADATA } from './metadata.js'
import type { WeightLookup } from './read-weights.js'

/**
 * The pixels the recognition network wants: (value - mean) * scale of a face aligned to dlib's 150 px chip, padding 0.25.
 * The scale is dlib's, who trained it (dlib/dnn/input.h, input_rgb_image); face-api divides by 255 instead. On 2,000 pairs
 * of LFW both give an accuracy of 0.9915 by cosine.
 */
export const RECOGNITION_INPUT = {
  width: 150,
  height: 150,
  colour: 'RGB',
  mean: [122.782, 117.001, 104.298],
  scale: 1 / 256,
} as const

/** Length of its embedding, which is not normalised. */
export const RECOGNITION_DIMENSION = 128

/** Residual blocks in order: name, channels, and for those that halve the picture the side they start from. */
const BLOCKS = [
  ['conv32_1', 32],
  ['conv32_2', 32],
  ['conv32_3', 32],
  ['conv64_down', 64, 35],
  ['conv64_1', 64],
  ['conv64_2', 64],
  ['conv64_3', 64],
  ['conv128_down', 128, 17],
  ['conv128_1', 128],
  ['conv128_2', 128],
  ['conv256_down', 256, 8],
  ['conv256_1', 256],
  ['conv256_2', 256],
  ['conv256_down_out', 256, 4],
] as const

/**
 * The recognition network: dlib's ResNet-29 (D. King, dlib_face_recognition_resnet_model_v1) with half the filters,
 * as face-api carries it. The affine layer behind each convolution is folded into it.
 * @returns a model `image` [batch, 3, 150, 150] -> `embedding` [batch, 128]
 */
export function recognitionGraph(weight: WeightLookup): ModelProto {
  const graph = createGraphBuilder('dlib-resnet-29', FACE_API_METADATA)
  const image = graph.input('image', ['batch', 3, RECOGNITION_INPUT.height, RECOGNITION_INPUT.width])

  let x = graph.node('Relu', [scaledConv(graph, image, 'conv32_down', weight, [7, 3, 32], VALID_HALF)])
  x = graph.node('MaxPool', [x], [ints('kernel_shape', [3, 3]), ints('strides', [2, 2])])
  let channelsIn = 32
  for (const [name, channels, side] of BLOCKS) {
    x = residual(graph, x, name, weight, { channelsIn, channels, side })
    channelsIn = channels
  }
  x = graph.node('Flatten', [graph.node('GlobalAveragePool', [x])])
  const projection = weight('fc', [256, RECOGNITION_DIMENSION])
  graph.node('MatMul', [x, graph.floats('fc/weights', projection.shape, projection.data)], [], 'embedding')
  graph.output('embedding', ['batch', RECOGNITION_DIMENSION])
  return graph.build()
}

interface Block {
  readonly channelsIn: number
  readonly channels: number
  /** Side of the picture to halve; undefined when the block keeps the size. */
  readonly side: number | undefined
}

function residual(graph: GraphBuilder, x: string, name: string, weight: WeightLookup, block: Block): string {
  const { channelsIn, channels, side } = block
  let deep = scaledConv(graph, x, `${name}/conv1`, weight, [3, channelsIn, channels], side ? VALID_HALF : SAME)
  deep = scaledConv(graph, graph.node('Relu', [deep]), `${name}/conv2`, weight, [3, channels, channels], SAME)
  let shortcut = x
  if (side) {
    shortcut = graph.node('AveragePool', [x], [ints('kernel_shape', [2, 2]), ints('strides', [2, 2])])
    shortcut = zeroPad(graph, shortcut, `${name}/shortcut`, { channels: channels - channelsIn, pixels: 0 })
    // An unpadded 3x3 convolution at stride 2 makes of an even side one pixel less than the 2x2 pool beside it.
    deep = zeroPad(graph, deep, `${name}/deep`, { channels: 0, pixels: side % 2 === 0 ? 1 : 0 })
  }
  return graph.node('Relu', [graph.node('Add', [shortcut, deep])])
}

/** A convolution followed by a scale and shift of each channel, as one: (s k) * x + (s b + t). */
function scaledConv(
  graph: GraphBuilder,
  x: string,
  name: string,
  weight: WeightLookup,
  [side, channelsIn, channels]: readonly [number, number, number],
  geometry: ConvGeometry,
): string {
  const kernel = weight(`${name}/conv/filters`, [side, side, channelsIn, channels])
  const scale = weight(`${name}/scale/weights`, [channels]).data
  const shift = weight(`${name}/scale/biases`, [channels]).data
  const bias = weight(`${name}/conv/bias`, [channels]).data
  // The output channel runs fastest in a TensorFlow kernel.
  const scaled = kernel.data.map((value, index) => value * scale[index % channels]!)
  const shifted = bias.map((value, channel) => value * scale[channel]! + shift[channel]!)
  return conv(graph, x, name, { shape: kernel.shape, data: scaled }, shifted, geometry)
}

/** Appends channels of zeros, and rows and columns of zeros at the end; nothing when there is nothing to append. */
function zeroPad(graph: GraphBuilder, x: string, name: string, add: { channels: number; pixels: number }): string {
  if (add.channels === 0 && add.pixels === 0) return x
  const pads = graph.ints(`${name}/pads`, [0, 0, 0, 0, 0, add.channels, add.pixels, add.pixels])
  return graph.node('Pad', [x, pads])
}
