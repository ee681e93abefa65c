import { noise } from '../../testing/noise.js'
import { checkCases } from '../testing/check-cases.js'
import { type Case, oneNode } from '../testing/compare.js'

const positive = { values: (value: number) => Math.abs(value) + 0.5 }
const apart = { values: (value: number) => value + Math.sign(value) * 0.1 }
const picture = [2, 3, 4, 5]

const binary = (opType: string, other: readonly number[], more: Partial<Case> = {}) =>
  oneNode(opType, [picture, other], [], undefined, more)

/** The same behind a convolution, whose result lies channels last. */
const behindConv = (opType: string, other: readonly number[], swapped = false): Case => ({
  inputs: [picture, other],
  build(graph, [x = '', second = '']) {
    const convolved = graph.node('Conv', [x, graph.floats('w', [3, 3, 1, 1], noise([3, 3, 1, 1], 5).data)])
    graph.node(opType, swapped ? [second, convolved] : [convolved, second], [], 'y')
  },
})

checkCases('Elementwise operators', {
  Add: binary('Add', picture),
  'Add of channels': binary('Add', [3, 1, 1]),
  'Add of a scalar': binary('Add', []),
  'Add of a row': binary('Add', [5]),
  'Add of a larger rank': oneNode('Add', [[5], picture]),
  'Add that widens both': oneNode('Add', [
    [2, 1, 4, 1],
    [3, 1, 5],
  ]),
  'Add at opset 7': binary('Add', [3, 1, 1], { opset: 7 }),
  Sub: binary('Sub', [1, 3, 1, 1]),
  Mul: binary('Mul', [2, 3, 1, 1]),
  'Mul at opset 21': binary('Mul', [2, 3, 1, 1], { opset: 21 }),
  Div: binary('Div', [3, 1, 1], positive),
  Pow: binary('Pow', [], positive),
  'Pow by a constant': oneNode('Pow', [picture], [], (g) => [g.floats('p', [], Float32Array.of(2))]),
  Max: binary('Max', picture),
  'Min of three': oneNode('Min', [picture, [3, 1, 1], picture]),
  'Max of one': oneNode('Max', [picture]),
  Sum: oneNode('Sum', [picture, picture, [3, 4, 5]]),
  Mean: oneNode('Mean', [picture, picture, picture]),
  Abs: oneNode('Abs', [picture], [], undefined, apart),
  Exp: oneNode('Exp', [picture]),
  Log: oneNode('Log', [picture], [], undefined, positive),
  Neg: oneNode('Neg', [picture]),
  Sqrt: oneNode('Sqrt', [picture], [], undefined, positive),
  Reciprocal: oneNode('Reciprocal', [picture], [], undefined, positive),
  'Mul of pictures behind a convolution': behindConv('Mul', picture),
  'Mul of channels behind a convolution': behindConv('Mul', [3, 1, 1]),
  'Sub of a row behind a convolution': behindConv('Sub', [5]),
  'Sub of a convolution from a scalar': behindConv('Sub', [], true),
  'Add of a learnt bias': oneNode('Add', [picture], [], (g) => [g.floats('b', [3, 1, 1], noise([3, 1, 1], 2).data)]),
})
