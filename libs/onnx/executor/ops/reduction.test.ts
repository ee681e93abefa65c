import { int, ints } from '../../attributes.js'
import { noise } from '../../testing/noise.js'
import { checkCases } from '../testing/check-cases.js'
import { type Case, oneNode } from '../testing/compare.js'

const picture = [[2, 3, 4, 5]]
const apart = { values: (value: number) => value + Math.sign(value) * 0.05 }
const axes = (...values: number[]) => ints('axes', values)

const behindConv = (keepdims: number, over: readonly number[]): Case => ({
  inputs: picture,
  build(graph, [x = '']) {
    const convolved = graph.node('Conv', [x, graph.floats('w', [3, 3, 1, 1], noise([3, 3, 1, 1], 5).data)])
    graph.node('ReduceMean', [convolved], [ints('axes', over), int('keepdims', keepdims)], 'y')
  },
})

checkCases('Reductions', {
  ReduceMean: oneNode('ReduceMean', picture, [axes(2, 3)]),
  'ReduceMean without the axes': oneNode('ReduceMean', picture, [axes(-1, 2), int('keepdims', 0)]),
  'ReduceMean of opset 18': oneNode('ReduceMean', picture, [], (g) => [g.ints('axes', [2, 3])], { opset: 18 }),
  'ReduceMean of everything': oneNode('ReduceMean', picture, [int('keepdims', 0)]),
  'ReduceMean behind a convolution': behindConv(1, [2, 3]),
  'ReduceMean to vectors behind a convolution': behindConv(0, [2, 3]),
  'ReduceMean of rows behind a convolution': behindConv(0, [2]),
  ReduceSum: oneNode('ReduceSum', picture, [], (g) => [g.ints('axes', [1])]),
  'ReduceSum of opset 11': oneNode('ReduceSum', picture, [axes(1), int('keepdims', 0)], undefined, { opset: 11 }),
  'ReduceSum over no axes': oneNode('ReduceSum', picture, [int('noop_with_empty_axes', 1)], (g) => [
    g.ints('axes', []),
  ]),
  ReduceMax: oneNode('ReduceMax', picture, [axes(2, 3)]),
  ReduceMin: oneNode('ReduceMin', picture, [axes(1)]),
  ReduceL1: oneNode('ReduceL1', picture, [axes(1)], undefined, apart),
  ReduceL2: oneNode('ReduceL2', [[3, 6]], [axes(1)]),
  'ReduceL2 of opset 18': oneNode('ReduceL2', [[3, 6]], [], (g) => [g.ints('axes', [-1])], { opset: 18 }),
  ReduceSumSquare: oneNode('ReduceSumSquare', picture, [axes(1)]),
})
