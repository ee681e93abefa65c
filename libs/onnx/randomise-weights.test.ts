import { describe, expect, it } from 'vitest'
import type { ModelProto } from '../../gen/onnx.js'
import { int, ints } from './attributes.js'
import { byRuntime } from './executor/testing/compare.js'
import { createGraphBuilder } from './graph-builder.js'
import { randomiseWeights } from './randomise-weights.js'
import { floatsOf } from './tensor-data.js'
import { noise } from './testing/noise.js'
import { writeOnnx } from './write-onnx.js'

/** Every kind of weight, behind a preparation of the picture. */
function network(): ModelProto {
  const graph = createGraphBuilder('kinds', { licence: 'Apache-2.0' })
  const weight = (name: string, ...dims: number[]) => graph.floats(name, dims, noise(dims, name.length + 1).data)
  const image = graph.input('image', ['batch', 3, 16, 16])
  const centred = graph.node('Add', [image, weight('picture-mean', 1, 3, 1, 1)])
  let x = graph.node('Mul', [centred, weight('picture-scale', 1, 3, 1, 1)])
  x = graph.node('Conv', [x, weight('kernel', 256, 3, 3, 3), weight('kernel-bias', 256)], [ints('strides', [2, 2])])
  x = graph.node('BatchNormalization', [x, ...['scale', 'shift', 'mean'].map((name) => weight(name, 256)), variance()])
  x = graph.node('PRelu', [x, weight('slope', 256, 1, 1)])
  x = graph.node('Conv', [x, weight('depthwise', 256, 1, 3, 3)], [int('group', 256)])
  x = graph.node('Mul', [x, weight('layer-scale', 256, 1, 1)])
  x = graph.node('Mul', [x, graph.floats('half', [], Float32Array.of(0.5))])
  x = graph.node('Flatten', [graph.node('GlobalAveragePool', [x])])
  x = graph.node('MatMul', [x, graph.node('Transpose', [weight('turned', 512, 256)], [ints('perm', [1, 0])])])
  x = graph.node('Add', [x, weight('turned-bias', 512)])
  x = graph.node('Gemm', [x, weight('gemm', 64, 512), weight('gemm-bias', 64)], [int('transB', 1)], 'feature')
  graph.output('feature', ['batch', 64])
  return graph.build()

  function variance() {
    return graph.floats('variance', [256], new Float32Array(256).fill(3))
  }
}

const valuesOf = ({ graph }: ModelProto) =>
  Object.fromEntries(graph!.initializer.map((tensor) => [tensor.name, floatsOf(tensor)]))

describe('randomiseWeights', () => {
  const before = network()
  const after = randomiseWeights(before, 5n)
  const values = valuesOf(after)

  it.each([
    ['kernel', 2 / (256 * 9)],
    // One channel out in each group.
    ['depthwise', 2 / 9],
    ['turned', 2 / 256],
    ['gemm', 2 / 512],
  ])('draws %s normally with the variance of He', (name, variance) => {
    const drawn = [...values[name]!]
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length
    const found = drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length
    // Five standard errors of mean and variance.
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / drawn.length))
    expect(Math.abs(found / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / drawn.length))
  })

  it.each([
    ['kernel-bias', 0],
    ['scale', 1],
    ['shift', 0],
    ['mean', 0],
    ['variance', 1],
    ['slope', 0.25],
    ['layer-scale', 1],
    ['turned-bias', 0],
    ['gemm-bias', 0],
  ])('starts %s at %d', (name, value) => {
    expect(new Set(values[name])).toEqual(new Set([value]))
  })

  it.each(['picture-mean', 'picture-scale', 'half'])('leaves %s as it is', (name) => {
    expect(values[name]).toEqual(valuesOf(before)[name])
  })

  it('changes nothing else, and not the model it was given', () => {
    const emptied = ({ graph, ...rest }: ModelProto) => ({
      ...rest,
      graph: { ...graph, initializer: graph?.initializer.map(({ name, dims, dataType }) => [name, dims, dataType]) },
    })
    expect(emptied(after)).toEqual(emptied(before))
    expect(Buffer.from(writeOnnx(before)).equals(writeOnnx(network()))).toBe(true)
  })

  it('gives the same weights for the same seed, others for another', () => {
    const bytes = Buffer.from(writeOnnx(after))
    expect(bytes.equals(writeOnnx(randomiseWeights(network(), 5n)))).toBe(true)
    expect(bytes.equals(writeOnnx(randomiseWeights(network(), 6n)))).toBe(false)
  })

  it('makes a network that runs', async () => {
    const { feature } = await byRuntime(after, { image: noise([2, 3, 16, 16], 9) })
    const data = [...feature!.data]
    expect(data.every(Number.isFinite)).toBe(true)
    expect(new Set(data).size).toBeGreaterThan(100)
  })
})
