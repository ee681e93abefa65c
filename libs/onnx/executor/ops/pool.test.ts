import { int, ints, text } from '../../attributes.js'
import { checkCases } from '../testing/check-cases.js'
import { oneNode } from '../testing/compare.js'

const kernel = (...sides: number[]) => ints('kernel_shape', sides)
const strides = (...steps: number[]) => ints('strides', steps)
const pads = (...sides: number[]) => ints('pads', sides)
const picture = [[2, 3, 7, 6]]

checkCases('Pooling', {
  MaxPool: oneNode('MaxPool', picture, [kernel(2, 2), strides(2, 2)]),
  'MaxPool of opset 7': oneNode('MaxPool', picture, [kernel(3, 2), strides(2, 1)], undefined, { opset: 7 }),
  'MaxPool with padding': oneNode('MaxPool', picture, [kernel(3, 3), strides(2, 2), pads(1, 1, 1, 1)]),
  'MaxPool of negative values with padding': oneNode(
    'MaxPool',
    picture,
    [kernel(3, 3), strides(2, 2), pads(1, 0, 0, 1)],
    undefined,
    { values: (value) => value - 2 },
  ),
  'MaxPool with padding that is TensorFlow’s same': oneNode('MaxPool', picture, [kernel(3, 3), pads(1, 1, 1, 1)]),
  'MaxPool with ceil_mode': oneNode('MaxPool', picture, [kernel(2, 3), strides(2, 2), int('ceil_mode', 1)]),
  'MaxPool with ceil_mode and padding': oneNode('MaxPool', picture, [
    kernel(3, 3),
    strides(2, 2),
    pads(1, 1, 1, 1),
    int('ceil_mode', 1),
  ]),
  'MaxPool with SAME_UPPER': oneNode('MaxPool', picture, [kernel(2, 2), strides(2, 2), text('auto_pad', 'SAME_UPPER')]),
  'MaxPool with SAME_LOWER': oneNode('MaxPool', picture, [kernel(2, 2), strides(2, 2), text('auto_pad', 'SAME_LOWER')]),
  AveragePool: oneNode('AveragePool', picture, [kernel(2, 2), strides(2, 2)]),
  'AveragePool without its padding': oneNode('AveragePool', picture, [kernel(3, 3), strides(2, 2), pads(1, 0, 1, 1)]),
  'AveragePool with padding that is TensorFlow’s same': oneNode('AveragePool', picture, [
    kernel(3, 3),
    pads(1, 1, 1, 1),
  ]),
  'AveragePool with its padding counted': oneNode('AveragePool', picture, [
    kernel(3, 3),
    strides(2, 2),
    pads(1, 1, 1, 1),
    int('count_include_pad', 1),
  ]),
  'AveragePool with ceil_mode': oneNode('AveragePool', picture, [kernel(2, 2), strides(2, 2), int('ceil_mode', 1)]),
  'AveragePool with ceil_mode and its padding counted': oneNode(
    'AveragePool',
    picture,
    [kernel(3, 3), strides(2, 2), pads(0, 1, 0, 1), int('ceil_mode', 1), int('count_include_pad', 1)],
    undefined,
    { opset: 19 },
  ),
  GlobalAveragePool: oneNode('GlobalAveragePool', picture),
  GlobalMaxPool: oneNode('GlobalMaxPool', picture),
})
