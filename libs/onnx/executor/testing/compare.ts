import { expect } from 'vitest'
import type { AttributeProto, ModelProto } from '../../../../gen/onnx.js'
import type { Tensor } from '../../../engine/engine.js'
import { createSessionEngine } from '../../../engine/session-engine.js'
import type { TensorFlow } from '../../../engine/tensorflow.js'
import { createGraphBuilder, type GraphBuilder } from '../../graph-builder.js'
import { noise } from '../../testing/noise.js'
import { writeOnnx } from '../../write-onnx.js'
import { createExecutor, type Executor, type ExecutorOptions } from '../executor.js'

/** One operator in one form: a graph over the inputs "x", "x1", ... that ends in the edge "y". */
export interface Case {
  readonly inputs: readonly (readonly number[])[]
  readonly build: (graph: GraphBuilder, inputs: readonly string[]) => void
  readonly opset?: number
  /** Changes what the graph builder cannot express. */
  readonly edit?: (model: ModelProto) => void
  /** Turns the noise in -1..1 into values where the operator is defined and smooth. */
  readonly values?: (value: number) => number
  /** Whether there is no gradient to check, or none by central differences. */
  readonly forwardOnly?: boolean
  readonly options?: ExecutorOptions
}

/** A case of one node over all inputs and then constants. */
export function oneNode(
  opType: string,
  inputs: readonly (readonly number[])[],
  attributes: readonly AttributeProto[] = [],
  constants: (graph: GraphBuilder) => string[] = () => [],
  more: Partial<Case> = {},
): Case {
  const build = (graph: GraphBuilder, names: readonly string[]) => {
    graph.node(opType, [...names, ...constants(graph)], attributes, 'y')
  }
  return { inputs, build, ...more }
}

/** The model of a case. */
export function modelOf({ inputs, build, opset = 13, edit }: Case): ModelProto {
  const graph = createGraphBuilder('case')
  const names = inputs.map((dims, index) => graph.input(index === 0 ? 'x' : `x${index}`, dims))
  build(graph, names)
  graph.output('y', [])
  const model = graph.build()
  edit?.(model)
  // The shape of the result is for the runtimes to find.
  model.graph!.output[0]!.type!.tensorType!.shape = undefined
  model.opsetImport[0]!.version = BigInt(opset)
  model.irVersion = opset < 9 ? 3n : opset > 20 ? 10n : opset > 13 ? 8n : 7n
  // Files of IR version 3 list their constants among the inputs.
  if (model.irVersion === 3n) {
    for (const { name, dims, dataType } of model.graph!.initializer) {
      const dim = dims.map((value) => ({ value: { $case: 'dimValue' as const, value }, denotation: '' }))
      model.graph!.input.push({
        name,
        docString: '',
        type: { denotation: '', tensorType: { elemType: dataType, shape: { dim } } },
      })
    }
  }
  return model
}

/** Feeds of noise for a case. */
export function feedsFor({ inputs, values = (value) => value }: Case): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map((dims, index) => {
      const { data } = noise(dims, 11 + 997 * index)
      return [index === 0 ? 'x' : `x${index}`, { dims, data: data.map(values) }]
    }),
  )
}

/** The outputs of a model by ONNX Runtime. */
export async function byRuntime(model: ModelProto, feeds: Readonly<Record<string, Tensor>>) {
  const engine = await createSessionEngine({ model: writeOnnx(model), threads: 1 })
  const outputs = await engine.run(feeds)
  await engine.close()
  return outputs
}

/** The outputs of an executor, as plain data. */
export function byExecutor(
  tf: TensorFlow,
  executor: Executor,
  feeds: Readonly<Record<string, Tensor>>,
  training = false,
): Record<string, Tensor> {
  return tf.tidy(() => {
    const tensors = Object.entries(feeds).map(([name, { data, dims }]) => [name, tf.tensor(data, [...dims])])
    const outputs = executor.run(Object.fromEntries(tensors), training)
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [
        name,
        // Plain objects of arrays pass tidy untouched.
        { dims: tensor.shape, data: Float32Array.from(tensor.dataSync()) },
      ]),
    )
  }) as unknown as Record<string, Tensor>
}

/** The largest difference relative to the largest value expected. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = 0
  let largest = 1e-6
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs(found[index]! - expected[index]!)
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference)
    largest = Math.max(largest, Math.abs(expected[index]!))
  }
  return worst / largest
}

/** Checks that executor and ONNX Runtime agree, within 1e-4 relative. */
export async function expectForward(tf: TensorFlow, test: Case): Promise<void> {
  const model = modelOf(test)
  const executor = createExecutor(tf, model, test.options ?? { batchNorm: 'frozen' })
  try {
    const feeds = feedsFor(test)
    const { y: found } = byExecutor(tf, executor, feeds)
    const { y: expected } = await byRuntime(model, feeds)
    expect(found?.dims).toEqual(expected?.dims)
    expect(relativeError(found!.data, expected!.data)).toBeLessThan(1e-4)
  } finally {
    executor.dispose()
  }
}
