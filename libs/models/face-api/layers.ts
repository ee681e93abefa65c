import { int, ints } from '../../onnx/attributes.js'
import type { GraphBuilder } from '../../onnx/graph-builder.js'
import type { Weight, WeightLookup } from './read-weights.js'

/** How a convolution moves over its input: paddings are top, left, bottom, right. */
export interface ConvGeometry {
  readonly stride: 1 | 2
  readonly pads: readonly [number, number, number, number]
}

/** Keeps the size under a 3x3 kernel. */
export const SAME: ConvGeometry = { stride: 1, pads: [1, 1, 1, 1] }

/** TensorFlow's "same" at stride 2 under a 3x3 kernel and an even size: the odd pixel of padding goes to the end. */
export const SAME_HALF: ConvGeometry = { stride: 2, pads: [0, 0, 1, 1] }

/** No padding. */
export const VALID: ConvGeometry = { stride: 1, pads: [0, 0, 0, 0] }

/** No padding, every second position. */
export const VALID_HALF: ConvGeometry = { stride: 2, pads: [0, 0, 0, 0] }

/** A convolution with bias. @param kernel height, width, in, out @returns its edge */
export function conv(
  graph: GraphBuilder,
  x: string,
  name: string,
  kernel: Weight,
  bias: Float32Array,
  geometry: ConvGeometry,
  output?: string,
): string {
  const [height = 0, width = 0, channelsIn = 0, channelsOut = 0] = kernel.shape
  const weights = graph.floats(`${name}/weights`, [channelsOut, channelsIn, height, width], outputFirst(kernel))
  const biases = graph.floats(`${name}/bias`, [bias.length], bias)
  return graph.node('Conv', [x, weights, biases], convAttributes([height, width], geometry), output)
}

/** A 3x3 depthwise convolution followed by a 1x1 convolution with bias. @returns its edge */
export function separableConv(
  graph: GraphBuilder,
  x: string,
  name: string,
  weight: WeightLookup,
  [channelsIn, channelsOut]: readonly [number, number],
  geometry: ConvGeometry,
): string {
  const depthwise = weight(`${name}/depthwise_filter`, [3, 3, channelsIn, 1])
  const filters = graph.floats(`${name}/depthwise/weights`, [channelsIn, 1, 3, 3], channelFirst(depthwise))
  const filtered = graph.node('Conv', [x, filters], [...convAttributes([3, 3], geometry), int('group', channelsIn)])
  const pointwise = weight(`${name}/pointwise_filter`, [1, 1, channelsIn, channelsOut])
  const bias = weight(`${name}/bias`, [channelsOut])
  return conv(graph, filtered, `${name}/pointwise`, pointwise, bias.data, VALID)
}

function convAttributes(kernel: readonly [number, number], { stride, pads }: ConvGeometry) {
  return [ints('kernel_shape', kernel), ints('strides', [stride, stride]), ints('pads', pads)]
}

/** (height, width, in, out) -> (out, in, height, width) */
function outputFirst({ shape, data }: Weight): Float32Array {
  const [height = 0, width = 0, channelsIn = 0, channelsOut = 0] = shape
  const area = height * width
  const result = new Float32Array(data.length)
  let read = 0
  for (let position = 0; position < area; position++) {
    for (let from = 0; from < channelsIn; from++) {
      for (let to = 0; to < channelsOut; to++) result[(to * channelsIn + from) * area + position] = data[read++]!
    }
  }
  return result
}

/** (height, width, channels, 1) -> (channels, 1, height, width) */
function channelFirst({ shape, data }: Weight): Float32Array {
  const [height = 0, width = 0, channels = 0] = shape
  return outputFirst({ shape: [height, width, 1, channels], data })
}
