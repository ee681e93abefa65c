import { float, int, ints, text } from '../../attributes.js'
import type { GraphBuilder } from '../../graph-builder.js'
import { noise } from '../../testing/noise.js'
import { checkCases } from '../testing/check-cases.js'
import { type Case, oneNode } from '../testing/compare.js'

const weights = (graph: GraphBuilder, dims: readonly number[], bias = true) => {
  const kernel = graph.floats('w', dims, noise(dims, 5).data)
  return bias ? [kernel, graph.floats('b', [dims[0]!], noise([dims[0]!], 6).data)] : [kernel]
}

const conv = (
  picture: readonly number[],
  kernel: readonly number[],
  attributes: Parameters<typeof oneNode>[2] = [],
  more: Partial<Case> = {},
) => oneNode('Conv', [picture], [ints('kernel_shape', kernel.slice(2)), ...attributes], (g) => weights(g, kernel), more)

/** Conv and BatchNormalization, as a network has them. */
const normalised = (bias: boolean, group: number, batchNorm: 'folded' | 'frozen'): Case => ({
  inputs: [[2, 4, 5, 5]],
  build(graph, [x = '']) {
    const convolved = graph.node(
      'Conv',
      [x, ...weights(graph, [4, 4 / group, 3, 3], bias)],
      [ints('kernel_shape', [3, 3]), ints('pads', [1, 1, 1, 1]), int('group', group)],
    )
    const statistics = ['gamma', 'beta', 'mean'].map((name, index) =>
      graph.floats(name, [4], noise([4], 20 + index).data),
    )
    statistics.push(graph.floats('variance', [4], Float32Array.of(0.5, 1, 2, 0.8)))
    graph.node('BatchNormalization', [convolved, ...statistics], [float('epsilon', 1e-3)], 'y')
  },
  options: { batchNorm },
})

checkCases('Conv', {
  'a plain convolution': conv([2, 3, 6, 5], [4, 3, 3, 3]),
  'one without bias': oneNode('Conv', [[1, 3, 5, 5]], [], (g) => weights(g, [2, 3, 3, 3], false)),
  'a 1x1 kernel with strides': conv([1, 3, 5, 5], [2, 3, 1, 1], [ints('strides', [2, 2])]),
  'the same size': conv([1, 2, 5, 6], [3, 2, 3, 3], [ints('pads', [1, 1, 1, 1])]),
  'padding and strides that are not TensorFlow’s same': conv(
    [1, 2, 6, 6],
    [3, 2, 3, 3],
    [ints('pads', [1, 1, 1, 1]), ints('strides', [2, 2])],
  ),
  'asymmetric padding': conv([1, 2, 5, 6], [3, 2, 3, 3], [ints('pads', [0, 2, 1, 0])]),
  'asymmetric padding that is TensorFlow’s same': conv(
    [1, 2, 6, 6],
    [3, 2, 3, 3],
    [ints('pads', [0, 0, 1, 1]), ints('strides', [2, 2])],
  ),
  'unequal strides': conv([1, 2, 7, 6], [3, 2, 3, 2], [ints('strides', [2, 1])]),
  dilations: conv([1, 2, 9, 8], [2, 2, 3, 2], [ints('dilations', [2, 3]), ints('pads', [1, 0, 2, 1])]),
  'auto_pad SAME_UPPER': conv([1, 2, 6, 5], [2, 2, 3, 2], [text('auto_pad', 'SAME_UPPER'), ints('strides', [2, 1])]),
  'auto_pad SAME_LOWER': conv([1, 2, 6, 5], [2, 2, 3, 2], [text('auto_pad', 'SAME_LOWER'), ints('strides', [2, 1])]),
  'auto_pad VALID': conv([1, 2, 6, 5], [2, 2, 3, 2], [text('auto_pad', 'VALID')]),
  'opset 7': conv([1, 2, 6, 5], [2, 2, 3, 3], [ints('pads', [1, 1, 1, 1])], { opset: 7 }),
  'opset 21': conv([1, 2, 6, 5], [2, 2, 3, 3], [ints('pads', [1, 1, 1, 1])], { opset: 21 }),
  groups: conv([2, 4, 5, 5], [6, 2, 3, 3], [int('group', 2), ints('pads', [1, 1, 1, 1])]),
  depthwise: conv([2, 4, 6, 6], [4, 1, 3, 3], [int('group', 4), ints('pads', [1, 1, 1, 1]), ints('strides', [2, 2])]),
  'depthwise with a multiplier': conv([1, 3, 5, 5], [6, 1, 3, 3], [int('group', 3)]),
  'depthwise with dilations': conv([1, 3, 7, 7], [3, 1, 3, 3], [int('group', 3), ints('dilations', [2, 2])]),
  'batch norm folded into it': normalised(false, 1, 'folded'),
  'batch norm folded into it and its bias': normalised(true, 1, 'folded'),
  'batch norm folded into a depthwise one': normalised(true, 4, 'folded'),
  'batch norm folded into groups': normalised(true, 2, 'folded'),
  'batch norm behind it': normalised(true, 1, 'frozen'),
})
