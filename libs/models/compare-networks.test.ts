import { expect, it } from 'vitest'
import { readOnnx } from '../onnx/read-onnx.js'
import { floatsOf, setFloats } from '../onnx/tensor-data.js'
import { smallNetwork } from '../onnx/testing/small-network.js'
import { compareNetworks } from './compare-networks.js'
import { changeWeights } from './testing/change-weights.js'
import { smallModel } from './testing/small-model.js'

const weightOf = (model: ReturnType<typeof smallNetwork>, name: string) => {
  const tensor = model.graph?.initializer.find((weight) => weight.name === name)
  if (!tensor) throw new Error(`no ${name}`)
  return tensor
}

it('finds the same network the same', () => {
  const network = smallNetwork('n')
  expect(compareNetworks(network, smallNetwork('n'))).toEqual({
    sameGraph: true,
    parameters: { a: 112, b: 112 },
    weights: [
      { name: 'conv/weights', values: 108, change: 0 },
      { name: 'conv/bias', values: 4, change: 0 },
    ],
    change: 0,
    onlyInA: [],
    onlyInB: [],
  })
})

it('measures how far each weight has moved, the farthest first', () => {
  const [a, b] = [smallNetwork('n'), smallNetwork('n')]
  const [weights, bias] = [weightOf(b, 'conv/weights'), weightOf(b, 'conv/bias')]
  setFloats(
    weights,
    floatsOf(weights).map((value) => value * 1.1),
  )
  setFloats(
    bias,
    floatsOf(bias).map((value) => -value),
  )
  const { sameGraph, weights: changes, change } = compareNetworks(a, b)
  expect(sameGraph).toBe(true)
  expect(changes.map(({ name }) => name)).toEqual(['conv/bias', 'conv/weights'])
  expect(changes[0]?.change).toBeCloseTo(2, 6)
  expect(changes[1]?.change).toBeCloseTo(0.1, 6)
  const square = (name: string) => floatsOf(weightOf(a, name)).reduce((sum, value) => sum + value ** 2, 0)
  const [of, ob] = [square('conv/weights'), square('conv/bias')]
  expect(change).toBeCloseTo(Math.sqrt((0.01 * of + 4 * ob) / (of + ob)), 6)
})

it('says of weights that grew out of zero that they moved without measure', () => {
  const [a, b] = [smallNetwork('n'), smallNetwork('n')]
  setFloats(weightOf(a, 'conv/bias'), new Float32Array(4))
  expect(compareNetworks(a, b).weights[0]).toEqual({ name: 'conv/bias', values: 4, change: Number.POSITIVE_INFINITY })
})

it('tells other graphs, and weights that one of them has not', () => {
  const network = smallNetwork('n')
  expect(compareNetworks(network, smallNetwork('n', [-1, 36])).sameGraph).toBe(false)
  const renamed = smallNetwork('n')
  weightOf(renamed, 'conv/bias').name = 'other/bias'
  expect(compareNetworks(network, renamed)).toMatchObject({
    sameGraph: false,
    onlyInA: ['conv/bias'],
    onlyInB: ['other/bias'],
  })
})

it('reads what was written to files', () => {
  const { onnx } = smallModel(1)
  const { sameGraph, change } = compareNetworks(readOnnx(onnx), readOnnx(changeWeights(onnx, 0.1)))
  expect(sameGraph).toBe(true)
  expect(change).toBeGreaterThan(0.01)
  expect(change).toBeLessThan(0.1)
})
