import type { ModelProto } from '../../../gen/onnx.js'
import { createGraphBuilder } from '../graph-builder.js'
import { randomiseWeights } from '../randomise-weights.js'
import { bottleneck } from './bottleneck.js'
import { convNorm, maxPool } from './layers.js'

/** Side of the picture that the network takes, in pixels. */
export const SE_RESNET_50_SIDE = 224

/** Length of its features. */
export const SE_RESNET_50_DIMENSION = 2048

/** Stages in order: blocks, channels inside a block, stride of the first block. */
const STAGES = [
  [3, 64, 1],
  [4, 128, 2],
  [6, 256, 2],
  [3, 512, 2],
] as const

/** How much wider a block's result is than its inside. */
const EXPANSION = 4

/**
 * The network of the cross-resolution paper, with random weights: SE-ResNet-50 as trained on VGGFace2, up to the features behind
 * the global average pool. The stem is a 7x7 convolution at stride 2 and a 3x3 max pool at stride 2 whose odd pixel of padding
 * goes to the end, which is Caffe's rounding up; strides sit in the first 1x1 convolution of a block. 26,039,024 weights learn.
 * Sources: Q. Cao et al., "VGGFace2" (2018), its published senet50 (strides, pool); K. He et al., "Deep Residual Learning" (2016),
 * table 1; J. Hu et al., "Squeeze-and-Excitation Networks" (2018), table 1, reduction 16.
 *
 * @param seed of the weights, see randomiseWeights
 * @returns a model `image` [batch, 3, 224, 224] -> `feature` [batch, 2048], which is never negative and not normalised
 */
export function seResNet50(seed: bigint): ModelProto {
  const graph = createGraphBuilder('se-resnet-50', { licence: 'Apache-2.0', origin: 'crossres, random weights' })
  const image = graph.input('image', ['batch', 3, SE_RESNET_50_SIDE, SE_RESNET_50_SIDE])
  const stem = convNorm(graph, image, 'conv1', { channelsIn: 3, channels: 64, side: 7, stride: 2 })
  let x = maxPool(graph, graph.node('Relu', [stem]))
  let channelsIn = 64
  for (const [stage, [blocks, inner, stride]] of STAGES.entries()) {
    for (let block = 0; block < blocks; block++) {
      const channels = inner * EXPANSION
      // Numbered as in the literature: the stem is conv1, the stages are conv2 to conv5.
      const name = `conv${stage + 2}_${block + 1}`
      x = bottleneck(graph, x, name, { channelsIn, inner, channels, stride: block === 0 ? stride : 1 })
      channelsIn = channels
    }
  }
  graph.node('Flatten', [graph.node('GlobalAveragePool', [x])], [], 'feature')
  graph.output('feature', ['batch', SE_RESNET_50_DIMENSION])
  return randomiseWeights(graph.build(), seed)
}
