import { afterEach, describe, expect, it } from 'vitest'
import { createGraphBuilder } from '../onnx/graph-builder.js'
import { writeOnnx } from '../onnx/write-onnx.js'
import type { Engine } from './engine.js'
import { createOnnxRuntimeEngine } from './onnxruntime.js'

/** `x` [batch, 3] -> `y` [batch, 3] = x + (1, 2, 3). */
function addition(): Uint8Array {
  const graph = createGraphBuilder('addition')
  const x = graph.input('x', ['batch', 3])
  graph.node('Add', [x, graph.floats('offset', [3], Float32Array.of(1, 2, 3))], [], 'y')
  graph.output('y', ['batch', 3])
  return writeOnnx(graph.build())
}

const engines: Engine[] = []
const load = async (model: Uint8Array) => {
  const engine = await createOnnxRuntimeEngine({ model, threads: 1 })
  engines.push(engine)
  return engine
}
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())))

describe('engine on ONNX Runtime', () => {
  it('tells the names and shapes of the network', async () => {
    const engine = await load(addition())
    expect(engine.inputs).toEqual([{ name: 'x', dims: [null, 3] }])
    expect(engine.outputs).toEqual([{ name: 'y', dims: [null, 3] }])
  })

  it('answers calls made at once, each its own', async () => {
    const engine = await load(addition())
    const answers = await Promise.all(
      [0, 10, 20].map((value) => engine.run({ x: { dims: [1, 3], data: Float32Array.of(value, value, value) } })),
    )
    expect(answers.map(({ y }) => [...(y?.data ?? [])])).toEqual([
      [1, 2, 3],
      [11, 12, 13],
      [21, 22, 23],
    ])
    expect(answers[0]?.y?.dims).toEqual([1, 3])
  })

  it('leaves alone the memory around a feed that is part of a larger buffer', async () => {
    const engine = await load(addition())
    const all = Float32Array.of(9, 1, 1, 1, 9)
    const { y } = await engine.run({ x: { dims: [1, 3], data: all.subarray(1, 4) } })
    expect([...(y?.data ?? [])]).toEqual([2, 3, 4])
    expect([...all]).toEqual([9, 1, 1, 1, 9])
  })

  it('reads shared memory, and answers into it, each call in its own', async () => {
    const engine = await load(addition())
    const share = (...values: number[]) => {
      const shared = new Float32Array(new SharedArrayBuffer(4 * values.length))
      shared.set(values)
      return shared
    }
    const answers = [share(0, 0, 0), share(0, 0, 0)]
    const called = answers.map((y, call) =>
      engine.run({ x: { dims: [1, 3], data: share(10 * call, 10 * call, 10 * call) } }, { y }),
    )
    const [first] = await Promise.all(called)
    expect(answers.map((answer) => [...answer])).toEqual([
      [1, 2, 3],
      [11, 12, 13],
    ])
    expect(first?.y?.dims).toEqual([1, 3])
    expect([...(first?.y?.data ?? [])]).toEqual([1, 2, 3])
  })

  it('fails a call whose answer does not fit the memory', async () => {
    const engine = await load(addition())
    const y = new Float32Array(new SharedArrayBuffer(4))
    const run = engine.run({ x: { dims: [1, 3], data: new Float32Array(3) } }, { y })
    await expect(run).rejects.toMatchObject({ reason: 'ENGINE_RUN_FAILED' })
  })

  it('fails a call that does not fit and serves the next', async () => {
    const engine = await load(addition())
    const wrong = engine.run({ z: { dims: [1, 3], data: new Float32Array(3) } })
    await expect(wrong).rejects.toMatchObject({ reason: 'ENGINE_RUN_FAILED' })
    const { y } = await engine.run({ x: { dims: [1, 3], data: new Float32Array(3) } })
    expect([...(y?.data ?? [])]).toEqual([1, 2, 3])
  })

  it('refuses what is no network', async () => {
    await expect(createOnnxRuntimeEngine({ model: new Uint8Array(100) })).rejects.toMatchObject({
      reason: 'MODEL_LOAD_FAILED',
    })
  })

  it('rejects calls after it was closed', async () => {
    const engine = await load(addition())
    await engine.close()
    await expect(engine.run({ x: { dims: [1, 3], data: new Float32Array(3) } })).rejects.toThrow(/closed/)
  })
})
