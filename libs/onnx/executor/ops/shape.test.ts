import { AttributeProto, type ModelProto, AttributeProto_AttributeType as Type } from '../../../../gen/onnx.js'
import { float, int, ints, text } from '../../attributes.js'
import type { GraphBuilder } from '../../graph-builder.js'
import { floatTensor, int64Tensor } from '../../tensor-data.js'
import { noise } from '../../testing/noise.js'
import { checkCases } from '../testing/check-cases.js'
import { type Case, oneNode } from '../testing/compare.js'

const picture = [2, 4, 3, 5]
const tensor = (name: string, t: AttributeProto['t']) =>
  AttributeProto.fromPartial({ name, type: Type.TENSOR, ...(t && { t }) })
const list = (values: readonly number[]) => (g: GraphBuilder) => [g.ints('list', values)]

/** A convolution, whose result lies channels last, and what comes behind it. */
const behindConv = (build: (graph: GraphBuilder, convolved: string, x: string) => void): Case => ({
  inputs: [picture],
  build(graph, [x = '']) {
    build(graph, graph.node('Conv', [x, graph.floats('w', [4, 4, 1, 1], noise([4, 4, 1, 1], 5).data)]), x)
  },
})

const node = (opType: string, ...attributes: AttributeProto[]) => oneNode(opType, [picture], attributes)

checkCases('Operators on shapes', {
  Identity: node('Identity'),
  Dropout: node('Dropout'),
  'Dropout of opset 7': oneNode('Dropout', [picture], [float('ratio', 0.4)], undefined, { opset: 7 }),
  Cast: node('Cast', int('to', 1)),
  Flatten: node('Flatten'),
  'Flatten from an axis': node('Flatten', int('axis', -1)),
  'Flatten behind a convolution': behindConv((g, x) => g.node('Flatten', [x], [], 'y')),
  'Flatten of pooled channels': behindConv((g, x) => g.node('Flatten', [g.node('GlobalAveragePool', [x])], [], 'y')),
  Reshape: oneNode('Reshape', [picture], [], list([0, -1, 5])),
  'Reshape of opset 7': oneNode('Reshape', [picture], [], list([2, 60]), { opset: 7 }),
  'Reshape behind a convolution': behindConv((g, x) => g.node('Reshape', [x, g.ints('s', [0, 2, -1])], [], 'y')),
  Squeeze: oneNode('Squeeze', [[2, 1, 3, 1]], [], list([-1])),
  'Squeeze of every 1': oneNode('Squeeze', [[2, 1, 3, 1]]),
  'Squeeze of opset 11': oneNode('Squeeze', [[2, 1, 3, 1]], [ints('axes', [1])], undefined, { opset: 11 }),
  Unsqueeze: oneNode('Unsqueeze', [[2, 3]], [], list([-1, 0])),
  'Unsqueeze of opset 11': oneNode('Unsqueeze', [[2, 3]], [ints('axes', [1, 3])], undefined, { opset: 11 }),
  Transpose: node('Transpose', ints('perm', [3, 1, 0, 2])),
  'Transpose backwards': node('Transpose'),
  'Transpose to channels last behind a convolution': behindConv((g, x) =>
    g.node('Transpose', [x], [ints('perm', [0, 2, 3, 1])], 'y'),
  ),
  'a picture that comes channels last, as from TensorFlow': {
    inputs: [[2, 3, 5, 4]],
    build(graph, [x = '']) {
      const turned = graph.node('Transpose', [x], [ints('perm', [0, 3, 1, 2])])
      const convolved = graph.node('Conv', [turned, graph.floats('w', [4, 4, 1, 1], noise([4, 4, 1, 1], 5).data)])
      graph.node('Transpose', [convolved], [ints('perm', [0, 2, 3, 1])], 'y')
    },
  },
  Concat: oneNode('Concat', [picture, [2, 1, 3, 5]], [int('axis', 1)]),
  'Concat of rows': oneNode('Concat', [picture, picture], [int('axis', -1)]),
  'Concat behind a convolution': behindConv((g, c, x) => g.node('Concat', [c, x], [int('axis', 1)], 'y')),
  'Split into equal parts': split(1),
  'Split of opset 11': split(1, [ints('split', [1, 3])], 11),
  'Split by an input': split(1, [], 13, (g) => [g.ints('sizes', [3, 1])]),
  'Split of opset 18': split(3, [int('num_outputs', 2)], 18),
  Slice: oneNode('Slice', [picture], [], ranges([1, 0], [3, 100], [1, 3], [1, 1])),
  'Slice of opset 9': oneNode(
    'Slice',
    [picture],
    [ints('starts', [1, -2]), ints('ends', [4, 5]), ints('axes', [1, 3])],
    undefined,
    { opset: 9 },
  ),
  'Slice with steps': oneNode('Slice', [picture], [], ranges([0, 0], [4, 5], [1, 3], [2, 2])),
  'Slice backwards': oneNode('Slice', [picture], [], ranges([-1], [-100], [3], [-2])),
  'Slice without axes': oneNode('Slice', [picture], [], (g) => [g.ints('starts', [1, 2]), g.ints('ends', [2, 4])]),
  'Slice of channels behind a convolution': behindConv((g, x) =>
    g.node('Slice', [x, ...ranges([0], [2], [1], [1])(g)], [], 'y'),
  ),
  Gather: oneNode('Gather', [picture], [int('axis', 3)], list([4, 0, -2])),
  'Gather of one': oneNode('Gather', [picture], [int('axis', 1)], (g) => [
    g.node('Constant', [], [tensor('value', { ...int64Tensor('', [2]), dims: [] })]),
  ]),
  Expand: oneNode('Expand', [[3, 1]], [], list([2, 1, 4])),
  'a shape computed from the picture’s, as PyTorch writes x.view(n, -1)': behindConv((g, x) => {
    const shape = g.node('Shape', [x])
    const batch = g.node('Gather', [shape, scalar(g, 0)], [int('axis', 0)])
    const target = g.node(
      'Concat',
      [g.node('Unsqueeze', [batch, g.ints('axes', [0])]), g.ints('rest', [-1])],
      [int('axis', 0)],
    )
    g.node('Reshape', [x, target], [], 'y')
  }),
  'a shape computed in floats, as PyTorch writes interpolate': behindConv((g, x) => {
    const sizes = g.node('Slice', [g.node('Shape', [x]), g.ints('from', [2]), g.ints('to', [4]), g.ints('axis', [0])])
    const half = g.node('Div', [sizes, g.ints('two', [2])])
    const grown = g.node('Mul', [g.node('Cast', [half], [int('to', 1)]), g.floats('f', [1], Float32Array.of(2.5))])
    const whole = g.node('Cast', [g.node('Floor', [grown])], [int('to', 7)])
    const first = g.node('Slice', [g.node('Shape', [x]), g.ints('0', [0]), g.ints('2', [2]), g.ints('ax', [0])])
    const target = g.node('Concat', [first, whole], [int('axis', 0)])
    g.node('Resize', [x, '', '', target], [text('mode', 'linear')], 'y')
  }),
  'x.expand(-1, 3), as PyTorch writes it': {
    inputs: [[2, 1]],
    build(graph, [x = '']) {
      const ones = graph.node('ConstantOfShape', [graph.ints('rank', [2])], [tensor('value', int64Tensor('', [1]))])
      const wanted = graph.ints('wanted', [-1, 3])
      const unknown = graph.node('Equal', [wanted, graph.node('Mul', [ones, graph.ints('minus', [-1])])])
      graph.node('Expand', [x, graph.node('Where', [unknown, ones, wanted])], [], 'y')
    },
  },
  'normalisation as PyTorch writes it': {
    inputs: [[3, 6]],
    build(graph, [x = '']) {
      const norm = graph.node('ReduceL2', [x], [ints('axes', [1]), int('keepdims', 1)])
      const safe = graph.node('Clip', [norm, graph.floats('eps', [], Float32Array.of(1e-12))])
      graph.node('Div', [x, graph.node('Expand', [safe, graph.node('Shape', [x])])], [], 'y')
    },
  },
  'large constants in the graph': oneNode('Mul', [[3, 8]], [], (g) => [
    g.node('Constant', [], [tensor('value', floatTensor('', [3, 8], noise([24], 4).data))]),
  ]),
  'constants of other kinds': oneNode('Add', [[3, 2]], [], (g) => [
    g.node('Constant', [], [AttributeProto.fromPartial({ name: 'value_floats', type: Type.FLOATS, floats: [1, 2] })]),
  ]),
  'weights through Identity, as PyTorch writes equal ones': {
    inputs: [picture],
    build(graph, [x = '']) {
      const slopes = graph.floats('slopes', [4, 1, 1], noise([4], 4).data)
      const first = graph.node('PRelu', [x, slopes])
      graph.node('PRelu', [first, graph.node('Identity', [slopes])], [], 'y')
    },
    values: (value) => value + Math.sign(value) * 0.05,
  },
})

/** A Split of a convolution's result into two parts, put together the other way round. */
function split(
  axis: number,
  attributes: AttributeProto[] = [],
  opset = 13,
  sizes: (graph: GraphBuilder) => string[] = () => [],
): Case {
  const build = (graph: GraphBuilder, x: string) => {
    graph.node('Split', [x, ...sizes(graph)], [int('axis', axis), ...attributes], 'part')
    graph.node('Concat', ['rest', 'part'], [int('axis', axis)], 'y')
  }
  const edit = (model: ModelProto) => model.graph?.node.find(({ opType }) => opType === 'Split')?.output.push('rest')
  return { ...behindConv(build), opset, edit }
}

function ranges(starts: number[], ends: number[], axes: number[], steps: number[]) {
  return (g: GraphBuilder) => [
    g.ints('starts', starts),
    g.ints('ends', ends),
    g.ints('axes', axes),
    g.ints('steps', steps),
  ]
}

function scalar(graph: GraphBuilder, value: number): string {
  return graph.node('Constant', [], [tensor('value', { ...int64Tensor('', [value]), dims: [] })])
}
