import { describe, expect, it } from 'vitest'
import { loadTensorFlow } from '../../../engine/tensorflow.js'
import { float, int } from '../../attributes.js'
import type { GraphBuilder } from '../../graph-builder.js'
import { noise } from '../../testing/noise.js'
import { createExecutor } from '../executor.js'
import { checkCases } from '../testing/check-cases.js'
import { byExecutor, type Case, feedsFor, modelOf, oneNode, relativeError } from '../testing/compare.js'
import { expectGradients } from '../testing/gradients.js'

const picture = [[2, 3, 4, 5]]
const vector = (graph: GraphBuilder, name: string, seed: number) => graph.floats(name, [3], noise([3], seed).data)
const statistics = (graph: GraphBuilder) => [
  vector(graph, 'gamma', 1),
  vector(graph, 'beta', 2),
  vector(graph, 'mean', 3),
  graph.floats('variance', [3], Float32Array.of(0.5, 1, 2)),
]
const batchNorm = (dims: readonly number[], more: Partial<Case> = {}) =>
  oneNode('BatchNormalization', [dims], [float('epsilon', 1e-3), float('momentum', 0.8)], statistics, more)

checkCases('Normalisation', {
  BatchNormalization: batchNorm([2, 3, 4, 5]),
  'BatchNormalization of opset 7': batchNorm([2, 3, 4, 5], { opset: 7 }),
  'BatchNormalization of opset 15': batchNorm([2, 3, 4, 5], { opset: 15 }),
  'BatchNormalization of vectors': batchNorm([4, 3]),
  'BatchNormalization of rows': batchNorm([2, 3, 5]),
  'BatchNormalization of constants, folded where nothing is to fold': batchNorm([2, 3, 4, 5], {
    options: { batchNorm: 'folded', trainable: () => false },
  }),
  InstanceNormalization: oneNode('InstanceNormalization', picture, [float('epsilon', 1e-3)], (g) => [
    vector(g, 'gamma', 1),
    vector(g, 'beta', 2),
  ]),
  LRN: oneNode('LRN', [[1, 6, 3, 3]], [int('size', 5), float('alpha', 0.3), float('beta', 0.6), float('bias', 1.5)]),
  LpNormalization: oneNode('LpNormalization', [[3, 5]]),
  'LpNormalization of channels': oneNode('LpNormalization', picture, [int('axis', 1), int('p', 2)]),
  'LpNormalization by sums': oneNode('LpNormalization', [[3, 5]], [int('axis', 1), int('p', 1)], undefined, {
    values: (value) => value + Math.sign(value) * 0.05,
  }),
})

describe.each([
  ['pictures', [4, 3, 4, 5], 20],
  ['vectors', [6, 3], 1],
] as const)('batch normalisation of %s by the batch', (_, dims, area) => {
  const test = batchNorm(dims, { options: { batchNorm: 'updated' } })

  it('normalises by the statistics of the batch and moves the running ones', async () => {
    const tf = await loadTensorFlow()
    const executor = createExecutor(tf, modelOf(test), test.options!)
    const feeds = feedsFor(test)
    const { data } = feeds.x!
    const moved = { mean: [] as number[], variance: [] as number[] }
    const expected = new Float32Array(data.length)
    const [gamma, beta, mean] = [1, 2, 3].map((seed) => noise([3], seed).data)
    for (let channel = 0; channel < 3; channel++) {
      const places = [...data.keys()].filter((index) => Math.floor(index / area) % 3 === channel)
      const average = places.reduce((sum, index) => sum + data[index]!, 0) / places.length
      const squares = places.reduce((sum, index) => sum + (data[index]! - average) ** 2, 0)
      for (const index of places) {
        const deviation = Math.sqrt(squares / places.length + 1e-3)
        expected[index] = ((data[index]! - average) / deviation) * gamma![channel]! + beta![channel]!
      }
      moved.mean.push(0.8 * mean![channel]! + 0.2 * average)
      moved.variance.push(0.8 * [0.5, 1, 2][channel]! + (0.2 * squares) / (places.length - 1))
    }
    const { y } = byExecutor(tf, executor, feeds, true)
    expect(relativeError(y!.data, expected)).toBeLessThan(1e-5)
    for (const name of ['mean', 'variance'] as const) {
      const running = executor.variables.get(name)!
      expect(running.trainable).toBe(false)
      expect(relativeError(running.dataSync(), moved[name])).toBeLessThan(1e-5)
    }
    executor.dispose()
  })

  it('has the gradients of central differences', async () => {
    expectGradients(await loadTensorFlow(), test)
  })
})

describe('batch normalisation by running statistics', () => {
  it.each(['frozen', 'folded', 'updated'] as const)('leaves them as they are: %s', async (mode) => {
    const tf = await loadTensorFlow()
    const test = batchNorm([2, 3, 4, 5])
    const executor = createExecutor(tf, modelOf(test), { batchNorm: mode })
    byExecutor(tf, executor, feedsFor(test), mode !== 'updated')
    const after = executor.writeBack()
    expect(after.graph?.initializer).toEqual(modelOf(test).graph?.initializer)
    executor.dispose()
  })
})
