import { float, ints, text } from '../../attributes.js'
import { checkCases } from '../testing/check-cases.js'
import { oneNode } from '../testing/compare.js'

const picture = [[2, 3, 4, 5]]
const sides = [0, 1, 2, 0, 1, 0, 1, 3]

checkCases('Pad', {
  zeros: oneNode('Pad', picture, [], (g) => [g.ints('pads', sides)]),
  'a constant': oneNode('Pad', picture, [], (g) => [g.ints('pads', sides), g.floats('c', [], Float32Array.of(1.5))]),
  'opset 10': oneNode('Pad', picture, [ints('pads', sides), float('value', -2)], undefined, { opset: 10 }),
  'some axes of opset 18': oneNode(
    'Pad',
    picture,
    [],
    (g) => [g.ints('pads', [1, 2, 3, 0]), g.floats('c', [], Float32Array.of(0)), g.ints('axes', [-1, 2])],
    { opset: 18 },
  ),
  'a crop': oneNode('Pad', picture, [], (g) => [g.ints('pads', [0, 0, -1, 1, 0, 0, 0, -2])]),
  'a mirror image': oneNode('Pad', picture, [text('mode', 'reflect')], (g) => [
    g.ints('pads', [0, 0, 2, 1, 0, 0, 3, 0]),
  ]),
  'its edge': oneNode('Pad', picture, [text('mode', 'edge')], (g) => [g.ints('pads', [0, 0, 2, 1, 0, 0, 3, 0])]),
  'its edge at opset 10': oneNode(
    'Pad',
    picture,
    [text('mode', 'edge'), ints('pads', [0, 0, 1, 1, 0, 0, 1, 1])],
    undefined,
    { opset: 10 },
  ),
})
