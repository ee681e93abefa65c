import { describe, expect, it } from 'vitest'
import { createSessionEngine } from '../engine/session-engine.js'
import { float, int, text } from './attributes.js'
import { createGraphBuilder } from './graph-builder.js'
import { writeOnnx } from './write-onnx.js'

describe('createGraphBuilder', () => {
  it('builds a network that ONNX Runtime runs with any batch', async () => {
    const graph = createGraphBuilder('affine', { licence: 'none' })
    const x = graph.input('x', ['batch', 2])
    const scaled = graph.node('MatMul', [x, graph.floats('w', [2, 3], Float32Array.of(1, 2, 3, 10, 20, 30))])
    const shifted = graph.node('Add', [scaled, graph.floats('b', [3], Float32Array.of(0, 0, -100))])
    graph.node('LeakyRelu', [shifted], [float('alpha', 0.5)], 'y')
    graph.output('y', ['batch', 3])
    const engine = await createSessionEngine({ model: writeOnnx(graph.build()) })

    expect(engine.inputs).toEqual([{ name: 'x', dims: [null, 2] }])
    expect(engine.outputs).toEqual([{ name: 'y', dims: [null, 3] }])
    const { y } = await engine.run({ x: { dims: [2, 2], data: Float32Array.of(1, 1, 2, -1) } })
    expect(y).toEqual({ dims: [2, 3], data: Float32Array.of(11, 22, -33.5, -4, -8, -62) })
  })

  it('writes integer lists as constants and every kind of attribute', async () => {
    const graph = createGraphBuilder('pad')
    const x = graph.input('x', ['batch', 1])
    const padded = graph.node('Pad', [x, graph.ints('pads', [0, 1, 0, 2])], [text('mode', 'edge')])
    graph.node('Concat', [padded, padded], [int('axis', 1)], 'y')
    graph.output('y', ['batch', 8])
    const engine = await createSessionEngine({ model: writeOnnx(graph.build()) })
    const { y } = await engine.run({ x: { dims: [1, 1], data: Float32Array.of(7) } })
    expect(y?.data).toEqual(new Float32Array(8).fill(7))
  })

  it('gives equal bytes for equal networks', () => {
    const build = () => {
      const graph = createGraphBuilder('same')
      graph.node('Relu', [graph.input('x', [1])], [], 'y')
      graph.output('y', [1])
      return writeOnnx(graph.build())
    }
    expect(Buffer.compare(build(), build())).toBe(0)
  })
})
