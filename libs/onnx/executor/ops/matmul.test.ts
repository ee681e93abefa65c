import { float, int } from '../../attributes.js'
import { noise } from '../../testing/noise.js'
import { checkCases } from '../testing/check-cases.js'
import { oneNode } from '../testing/compare.js'

const { data } = noise([24], 8)

checkCases('Products', {
  Gemm: oneNode('Gemm', [[3, 4]], [int('transB', 1)], (g) => [
    g.floats('w', [6, 4], data),
    g.floats('b', [6], data.slice(0, 6)),
  ]),
  'Gemm with factors': oneNode('Gemm', [[4, 3]], [int('transA', 1), float('alpha', 0.5), float('beta', 2)], (g) => [
    g.floats('w', [4, 6], data),
    g.floats('b', [1], data.slice(0, 1)),
  ]),
  'Gemm without C': oneNode('Gemm', [[3, 4]], [], (g) => [g.floats('w', [4, 6], data)]),
  'Gemm of opset 7': oneNode(
    'Gemm',
    [[3, 4]],
    [],
    (g) => [g.floats('w', [4, 6], data), g.floats('b', [6], data.slice(0, 6))],
    { opset: 7 },
  ),
  MatMul: oneNode('MatMul', [[3, 4]], [], (g) => [g.floats('w', [4, 6], data)]),
  'MatMul of batches': oneNode('MatMul', [
    [2, 3, 4],
    [2, 4, 5],
  ]),
  'MatMul by a vector': oneNode('MatMul', [[3, 4], [4]]),
  'MatMul of a vector': oneNode('MatMul', [[4], [4, 3]]),
})
