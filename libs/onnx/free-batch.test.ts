import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ModelProto } from '../../gen/onnx.js'
import { createSessionEngine } from '../engine/session-engine.js'
import { int, ints } from './attributes.js'
import { batchDisagreement } from './batch-agreement.js'
import { freeBatch } from './free-batch.js'
import { createGraphBuilder, type GraphBuilder } from './graph-builder.js'
import { readOnnx } from './read-onnx.js'
import { noise } from './testing/noise.js'
import { convolved, smallNetwork } from './testing/small-network.js'
import { writeOnnx } from './write-onnx.js'

const wild = join(import.meta.dirname, '../../../shared/models/mobilefacenet-128.onnx')
const pictures = (side: number) => [1, 2, 3, 4].map((seed) => noise([1, 3, side, side], seed))

async function disagreement(model: ModelProto, side = 8): Promise<number> {
  return batchDisagreement(await createSessionEngine({ model: writeOnnx(model) }), pictures(side))
}

function freed(model: ModelProto): ModelProto {
  const result = freeBatch(model)
  if (!result.freed) throw new Error(result.reason)
  return result.model
}

/** A network of fixed batch 1 whose middle is `build`. */
function network(build: (graph: GraphBuilder, x: string) => string, dims: readonly number[]): ModelProto {
  const graph = createGraphBuilder('middle')
  graph.node('Identity', [build(graph, convolved(graph, 1))], [], 'y')
  graph.output('y', dims)
  return graph.build()
}

describe('freeBatch', () => {
  it.each([
    ['flattening, the batch named', [1, -1]],
    ['flattening, all named', [1, 36]],
    ['copying the batch', [0, -1]],
    ['inferring the batch', [-1, 36]],
  ])('frees a Reshape %s', async (_, shape) => {
    expect(await disagreement(freed(smallNetwork(1, shape)))).toBeLessThan(1e-6)
  })

  it('frees a channel shuffle, which reshapes around a transposition', async () => {
    const shuffled = network(
      (graph, x) => {
        const split = graph.node('Reshape', [x, graph.ints('split', [1, 2, 2, 3, 3])])
        const turned = graph.node('Transpose', [split], [ints('perm', [0, 2, 1, 3, 4])])
        return graph.node('Reshape', [turned, graph.ints('join', [1, -1, 3, 3])])
      },
      [1, 4, 3, 3],
    )
    expect(await disagreement(freed(shuffled))).toBeLessThan(1e-6)
  })

  it('leaves the model it was given alone', async () => {
    const model = smallNetwork(1)
    const before = writeOnnx(model)
    freed(model)
    expect(Buffer.compare(before, writeOnnx(model))).toBe(0)
    expect(await disagreement(model)).toBe(Number.POSITIVE_INFINITY)
  })

  it('returns a dynamic model as it is', () => {
    const model = smallNetwork('n', [0, -1])
    expect(freed(model)).toBe(model)
  })

  it.each<[string, (graph: GraphBuilder, x: string) => string, number[], RegExp]>([
    [
      'a transposition that moves the batch',
      (g, x) => g.node('Transpose', [x], [ints('perm', [1, 0, 2, 3])]),
      [4, 1, 3, 3],
      /Transpose.*mix/,
    ],
    ['a sum over the batch', (g, x) => g.node('ReduceMax', [x], [ints('axes', [0])]), [1, 4, 3, 3], /ReduceMax.*mix/],
    ['a sum over everything', (g, x) => g.node('ReduceMax', [x]), [1, 1, 1, 1], /ReduceMax.*mix/],
    ['a flattening of the batch', (g, x) => g.node('Flatten', [x], [int('axis', 0)]), [1, 36], /Flatten.*mix/],
    [
      'a Reshape that moves the batch',
      (g, x) => g.node('Reshape', [x, g.ints('s', [4, -1])]),
      [4, 9],
      /reshapes the batch/,
    ],
    ['pictures joined at the batch', (g, x) => g.node('Concat', [x, x], [int('axis', 0)]), [2, 4, 3, 3], /Concat.*mix/],
  ])('refuses %s', (_, build, dims, reason) => {
    expect(freeBatch(network(build, dims))).toEqual({ freed: false, reason: expect.stringMatching(reason) })
  })

  it.skipIf(!existsSync(wild))('frees a MobileFaceNet exported with batch 1', async () => {
    const model = readOnnx(readFileSync(wild))
    expect(await disagreement(model, 112)).toBe(Number.POSITIVE_INFINITY)
    expect(await disagreement(freed(model), 112)).toBeLessThan(1e-4)
  })
})

describe('batchDisagreement', () => {
  it('sees pictures that influence each other', async () => {
    const graph = createGraphBuilder('mixing')
    const x = convolved(graph, 'batch')
    graph.node('Sub', [x, graph.node('ReduceMean', [x], [ints('axes', [0])])], [], 'y')
    graph.output('y', ['batch', 4, 3, 3])
    expect(await disagreement(graph.build())).toBeGreaterThan(0.1)
  })
})
