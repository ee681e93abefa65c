import { beforeAll, describe, expect, it } from 'vitest'
import { type ModelProto, NodeProto } from '../../../gen/onnx.js'
import { loadTensorFlow, type TensorFlow } from '../../engine/tensorflow.js'
import { int, ints } from '../attributes.js'
import { createGraphBuilder } from '../graph-builder.js'
import { toHalf } from '../half.js'
import { readOnnx } from '../read-onnx.js'
import { DATA_TYPE, floatsOf } from '../tensor-data.js'
import { noise } from '../testing/noise.js'
import { smallNetwork } from '../testing/small-network.js'
import { writeOnnx } from '../write-onnx.js'
import { createExecutor, type Executor } from './executor.js'
import { byExecutor, byRuntime, relativeError } from './testing/compare.js'

let tf: TensorFlow
beforeAll(async () => {
  tf = await loadTensorFlow()
})

const feeds = { image: noise([4, 3, 8, 8], 9) }

/** Convolution, batch norm, PReLU and a layer of weights, between an in-graph (x - mean) * scale and a division by a scalar. */
function network(): ModelProto {
  const graph = createGraphBuilder('face', { licence: 'Apache-2.0' })
  const image = graph.input('image', ['batch', 3, 8, 8])
  const centred = graph.node('Sub', [image, graph.floats('pixel-mean', [1, 3, 1, 1], Float32Array.of(0.1, 0.2, 0.3))])
  const scaled = graph.node('Mul', [centred, graph.floats('pixel-scale', [], Float32Array.of(2))])
  const kernel = graph.floats('conv', [4, 3, 3, 3], noise([108], 1).data)
  const statistics = ['gamma', 'beta', 'mean'].map((name, index) => graph.floats(name, [4], noise([4], index + 2).data))
  statistics.push(graph.floats('variance', [4], Float32Array.of(0.5, 1, 2, 0.8)))
  const convolved = graph.node('Conv', [scaled, kernel], [ints('strides', [2, 2])])
  const normed = graph.node('BatchNormalization', [convolved, ...statistics])
  const active = graph.node('PRelu', [normed, graph.floats('slope', [4, 1, 1], noise([4], 8).data)])
  const flat = graph.node('Flatten', [active])
  graph.node('Gemm', [flat, graph.floats('fc', [36, 5], noise([180], 6).data)], [], 'feature')
  graph.output('feature', ['batch', 5])
  return graph.build()
}

/** One step of gradient descent on the mean square of the features. */
function descend(executor: Executor, rate = 1e-3): number {
  return tf.tidy(() => {
    const image = tf.tensor(feeds.image.data, [...feeds.image.dims])
    const learning = [...executor.variables.values()].filter(({ trainable }) => trainable)
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.square(executor.run({ image }, true).feature!)).asScalar(),
      learning as never[],
    )
    for (const variable of learning) variable.assign(tf.sub(variable, tf.mul(grads[variable.name]!, rate)))
    return value.dataSync()[0]!
  })
}

describe('createExecutor', () => {
  it('tells inputs and outputs as an engine does', () => {
    const executor = createExecutor(tf, network(), { batchNorm: 'frozen' })
    expect(executor.inputs).toEqual([{ name: 'image', dims: [null, 3, 8, 8] }])
    expect(executor.outputs).toEqual([{ name: 'feature', dims: [null, 5] }])
    executor.dispose()
  })

  it('learns weights, not the constants around them', () => {
    const executor = createExecutor(tf, network(), { batchNorm: 'folded' })
    expect([...executor.variables.keys()].sort()).toEqual(['beta', 'conv', 'fc', 'gamma', 'slope'])
    executor.dispose()
  })

  it('learns what the caller chooses, and keeps statistics that move', () => {
    const trainable = (name: string) => name === 'fc'
    const executor = createExecutor(tf, network(), { batchNorm: 'updated', trainable })
    const kinds = [...executor.variables].map(([name, variable]) => [name, variable.trainable]).sort()
    expect(kinds).toEqual([
      ['fc', true],
      ['mean', false],
      ['variance', false],
    ])
    executor.dispose()
  })

  it('names everything that it cannot compute in one error', () => {
    const model = network()
    const more: Partial<NodeProto>[] = [
      { opType: 'Einsum', output: ['a'] },
      { opType: 'FancyOp', domain: 'com.example', output: ['b'] },
      { opType: 'Einsum', output: ['c'] },
    ]
    model.graph!.node.push(...more.map((node) => NodeProto.fromPartial(node)))
    expect(() => createExecutor(tf, model, { batchNorm: 'frozen' })).toThrow(
      expect.objectContaining({
        reason: 'MODEL_OPS_UNSUPPORTED',
        message: expect.stringContaining('Einsum, com.example.FancyOp'),
        metadata: { operators: 'Einsum, com.example.FancyOp' },
      }),
    )
  })

  it('names forms of operators that it cannot compute in one error', () => {
    const model = network()
    const more = [
      NodeProto.fromPartial({
        opType: 'MaxPool',
        input: ['image'],
        output: ['a'],
        attribute: [ints('dilations', [2, 2])],
      }),
      NodeProto.fromPartial({ opType: 'LRN', input: ['image'], output: ['b'], attribute: [int('size', 4)] }),
    ]
    model.graph!.node.push(...more)
    const before = tf.memory().numTensors
    expect(() => createExecutor(tf, model, { batchNorm: 'frozen' })).toThrow(
      /does not support: LRN over an even number of channels, MaxPool with dilations/,
    )
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuses a network exported in training mode', () => {
    const model = network()
    model.graph!.node.find(({ opType }) => opType === 'BatchNormalization')!.output.push('new-mean', 'new-variance')
    expect(() => createExecutor(tf, model, { batchNorm: 'frozen' })).toThrow(
      expect.objectContaining({ reason: 'MODEL_TRAINING_EXPORT' }),
    )
  })

  it('says which input is missing', () => {
    const executor = createExecutor(tf, network(), { batchNorm: 'frozen' })
    expect(() => executor.run({}, false)).toThrow(expect.objectContaining({ reason: 'MODEL_INPUT_MISSING' }))
    executor.dispose()
  })

  it.each(['frozen', 'folded', 'updated'] as const)('computes what ONNX Runtime does: %s', async (batchNorm) => {
    const executor = createExecutor(tf, network(), { batchNorm })
    const expected = await byRuntime(network(), feeds)
    expect(relativeError(byExecutor(tf, executor, feeds).feature!.data, expected.feature!.data)).toBeLessThan(1e-4)
    executor.dispose()
  })

  it('computes intermediate results that are outputs too, and inputs handed through', async () => {
    const model = network()
    const output = (name: string) => ({
      ...model.graph!.output[0]!,
      name,
      type: { ...model.graph!.output[0]!.type!, tensorType: { elemType: DATA_TYPE.float, shape: undefined } },
    })
    const normed = model.graph!.node.find(({ opType }) => opType === 'Conv')!.output[0]!
    model.graph!.node.push(NodeProto.fromPartial({ opType: 'Identity', input: ['image'], output: ['same'] }))
    model.graph!.output.push(output(normed), output('same'))
    const executor = createExecutor(tf, model, { batchNorm: 'folded' })
    const found = byExecutor(tf, executor, feeds)
    const expected = await byRuntime(model, feeds)
    for (const name of ['feature', normed, 'same']) {
      expect(found[name]?.dims).toEqual(expected[name]?.dims)
      expect(relativeError(found[name]!.data, expected[name]!.data)).toBeLessThan(1e-4)
    }
    executor.dispose()
  })
})

describe('training through the executor', () => {
  it.each(['frozen', 'folded', 'updated'] as const)(
    'writes a file that computes what was trained: %s',
    async (batchNorm) => {
      const model = network()
      const original = writeOnnx(model)
      const executor = createExecutor(tf, model, { batchNorm })
      const losses = Array.from({ length: 3 }, () => descend(executor))
      expect(losses[1]).toBeLessThan(losses[0]!)
      expect(losses[2]).toBeLessThan(losses[1]!)

      const trained = readOnnx(writeOnnx(executor.writeBack()))
      const found = byExecutor(tf, executor, feeds).feature!
      const expected = await byRuntime(trained, feeds)
      expect(relativeError(found.data, expected.feature!.data)).toBeLessThan(1e-4)
      const untrained = await byRuntime(model, feeds)
      expect(relativeError(found.data, untrained.feature!.data)).toBeGreaterThan(1e-2)
      expect(Buffer.compare(writeOnnx(model), original)).toBe(0)
      executor.dispose()
    },
  )

  it('changes nothing in the file but the weights that learnt', () => {
    const model = network()
    const executor = createExecutor(tf, model, { batchNorm: 'folded', trainable: (name) => name !== 'fc' })
    descend(executor)
    const trained = executor.writeBack()
    const changed = trained.graph!.initializer.filter((tensor, index) => tensor !== model.graph!.initializer[index])
    expect(changed.map(({ name }) => name).sort()).toEqual(['beta', 'conv', 'gamma', 'slope'])
    const withoutValues = ({ graph, ...rest }: ModelProto) => ({
      ...rest,
      graph: { ...graph, initializer: graph?.initializer.map(({ name, dims, dataType }) => [name, dims, dataType]) },
    })
    expect(withoutValues(trained)).toEqual(withoutValues(model))
    executor.dispose()
  })

  it('reads and writes half precision', () => {
    const model = network()
    const fc = model.graph!.initializer.find(({ name }) => name === 'fc')!
    const halves = toHalf(floatsOf(fc))
    Object.assign(fc, { dataType: DATA_TYPE.float16, rawData: Buffer.from(halves.buffer), floatData: [] })
    const executor = createExecutor(tf, model, { batchNorm: 'folded' })
    descend(executor)
    const written = executor.writeBack().graph!.initializer.find(({ name }) => name === 'fc')!
    expect(written.dataType).toBe(DATA_TYPE.float16)
    const [inFile, inMemory] = [floatsOf(written), executor.variables.get('fc')!.dataSync()]
    expect(relativeError(inFile, inMemory)).toBeLessThan(2 ** -11)
    expect(inFile).not.toEqual(floatsOf(fc))
    executor.dispose()
  })

  it.each(['frozen', 'folded', 'updated'] as const)('frees all it takes: %s', (batchNorm) => {
    const before = tf.memory()
    const executor = createExecutor(tf, network(), { batchNorm, trainable: (name) => name !== 'conv' })
    descend(executor)
    byExecutor(tf, executor, feeds)
    const afterOne = tf.memory()
    for (let step = 0; step < 20; step++) {
      descend(executor)
      byExecutor(tf, executor, feeds)
    }
    expect(tf.memory().numTensors).toBe(afterOne.numTensors)
    expect(tf.memory().numDataBuffers).toBe(afterOne.numDataBuffers)
    executor.dispose()
    expect(tf.memory().numTensors).toBe(before.numTensors)
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers)
  })

  it.each(['frozen', 'folded'] as const)('serves as a teacher that never changes: %s', async (batchNorm) => {
    const before = tf.memory().numTensors
    const executor = createExecutor(tf, network(), { batchNorm, trainable: () => false })
    expect(executor.variables.size).toBe(0)
    const first = byExecutor(tf, executor, feeds, true).feature!
    const expected = await byRuntime(network(), feeds)
    expect(relativeError(first.data, expected.feature!.data)).toBeLessThan(1e-4)
    // What is computed from constants is kept for the next run.
    const kept = tf.memory().numTensors
    expect(byExecutor(tf, executor, feeds, true).feature).toEqual(first)
    expect(tf.memory().numTensors).toBe(kept)
    expect(executor.writeBack()).toEqual(network())
    executor.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('leaves its feeds to the caller', () => {
    const executor = createExecutor(tf, smallNetwork('batch'), { batchNorm: 'frozen' })
    const image = tf.tensor(feeds.image.data, [...feeds.image.dims])
    const before = tf.memory().numTensors
    const { feature } = executor.run({ image }, false)
    expect(tf.memory().numTensors).toBe(before + 1)
    expect(image.dataSync()).toEqual(feeds.image.data)
    tf.dispose([feature!, image])
    executor.dispose()
  })
})
