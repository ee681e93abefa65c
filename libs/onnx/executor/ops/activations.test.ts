import { float, int } from '../../attributes.js'
import { noise } from '../../testing/noise.js'
import { checkCases } from '../testing/check-cases.js'
import { type Case, oneNode } from '../testing/compare.js'

const picture = [[2, 3, 4, 5]]
const wide = { values: (value: number) => 4 * value }
// Away from the corners at 0 by more than the step of the differences.
const apart = { values: (value: number) => value + Math.sign(value) * 0.05 }

const prelu = (slopes: readonly number[]) =>
  oneNode('PRelu', picture, [], (g) => [g.floats('a', slopes, noise(slopes, 4).data)], apart)

const limits = (min: number | undefined, max: number | undefined, opset: number): Case => ({
  inputs: picture,
  opset,
  build(graph, [x = '']) {
    const limit = (name: string, value: number | undefined) =>
      value === undefined ? '' : graph.floats(name, [], Float32Array.of(value))
    graph.node('Clip', [x, limit('min', min), limit('max', max)], [], 'y')
  },
})

checkCases('Activations', {
  Relu: oneNode('Relu', picture, [], undefined, apart),
  'Relu of opset 7': oneNode('Relu', picture, [], undefined, { ...apart, opset: 7 }),
  LeakyRelu: oneNode('LeakyRelu', picture, [], undefined, apart),
  'LeakyRelu with alpha': oneNode('LeakyRelu', picture, [float('alpha', 0.3)], undefined, apart),
  'PRelu with a slope for each channel': prelu([3, 1, 1]),
  'PRelu with one slope': prelu([1]),
  'PRelu with a slope for each value': prelu([3, 4, 5]),
  'PRelu of vectors': oneNode('PRelu', [[2, 4]], [], (g) => [g.floats('a', [4], noise([4], 4).data)], apart),
  'PRelu behind a convolution': {
    inputs: picture,
    build(graph, [x = '']) {
      const convolved = graph.node('Conv', [x, graph.floats('w', [3, 3, 1, 1], noise([3, 3, 1, 1], 5).data)])
      graph.node('PRelu', [convolved, graph.floats('a', [3, 1, 1], noise([3], 4).data)], [], 'y')
    },
  },
  Sigmoid: oneNode('Sigmoid', picture, [], undefined, wide),
  Tanh: oneNode('Tanh', picture, [], undefined, wide),
  Softplus: oneNode('Softplus', picture, [], undefined, wide),
  HardSigmoid: oneNode('HardSigmoid', picture, [], undefined, wide),
  'HardSigmoid with a slope': oneNode(
    'HardSigmoid',
    picture,
    [float('alpha', 1 / 6), float('beta', 0.4)],
    undefined,
    wide,
  ),
  HardSwish: oneNode('HardSwish', picture, [], undefined, { ...wide, opset: 14 }),
  Elu: oneNode('Elu', picture, [], undefined, apart),
  'Elu with alpha': oneNode('Elu', picture, [float('alpha', 0.5)], undefined, apart),
  Selu: oneNode('Selu', picture, [], undefined, apart),
  'Clip by attributes': oneNode('Clip', picture, [float('min', -0.5), float('max', 0.25)], undefined, { opset: 7 }),
  'Clip by inputs': limits(-0.5, 0.25, 11),
  'Clip from below': limits(0.1, undefined, 13),
  'Clip from above': limits(undefined, 0.1, 21),
  'Clip to 0..6, which is ReLU6': { ...limits(0, 6, 13), values: (value) => 12 * value + 0.03 },
  'Clip from 0, which is ReLU': { ...limits(0, undefined, 13), ...apart },
  Softmax: oneNode('Softmax', [[3, 5]]),
  'Softmax over channels': oneNode('Softmax', picture, [int('axis', 1)]),
  'Softmax of opset 11, over all from an axis': oneNode('Softmax', picture, [int('axis', 2)], undefined, { opset: 11 }),
  'Softmax of opset 9': oneNode('Softmax', picture, [], undefined, { opset: 9 }),
})
