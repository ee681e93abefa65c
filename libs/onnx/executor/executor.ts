import type { GraphProto, ModelProto, TensorProto, ValueInfoProto } from '../../../gen/onnx.js'
import { DomainError } from '../../config/domain-error.js'
import type { TensorInfo } from '../../engine/engine.js'
import { checkInference } from '../check-inference.js'
import { feedsOf, opsetVersion } from '../graphs.js'
import { floatsOf, setFloats } from '../tensor-data.js'
import { withoutAliases } from './aliases.js'
import { constantValue } from './constant-value.js'
import type { Context } from './op.js'
import { kernelNames, parameterNames, statisticNames } from './parameters.js'
import { planSteps } from './plan.js'
import type { Tensor, Tensor4D, Tf, Variable } from './tensorflow.js'
import { channelsFirst, fromTaps, release, toTaps, type Value } from './value.js'

/** How a network is to be trained. */
export interface ExecutorOptions {
  /**
   * frozen: the file's running statistics, scale and shift learn. folded: the same, computed as part of the convolution
   * before it, which costs next to nothing. updated: in training the batch's statistics, which move the running ones.
   */
  readonly batchNorm: 'frozen' | 'updated' | 'folded'
  /** Which of the weights learn, by initialiser; default: all of them. The others are constants. */
  readonly trainable?: (name: string) => boolean
}

/** An ONNX network on TensorFlow.js whose weights are variables. */
export interface Executor {
  readonly inputs: readonly TensorInfo[]
  readonly outputs: readonly TensorInfo[]
  /**
   * What training changes, by initialiser: weights, and with `updated` the running statistics (not `trainable`). In the
   * initialiser's shape, but for the weights of convolutions: [h, w, in, out] instead of [out, in, h, w], as they are computed with.
   */
  readonly variables: ReadonlyMap<string, Variable>
  /**
   * Runs the network, inside `tf.variableGrads` or not.
   * @param feeds one float32 tensor for each input, by name, in ONNX's layout; they stay the caller's
   * @param training whether `updated` batch normalisation takes and keeps the batch's statistics
   * @returns one tensor for each output, by name, in ONNX's layout; they belong to the caller's scope
   * @throws DomainError MODEL_INPUT_MISSING when an input is not fed, MODEL_DYNAMIC_ARGUMENT, MODEL_OPS_UNSUPPORTED or
   *   MODEL_SHAPES where the network uses an operator in a way that only shows in a run
   */
  run(feeds: Readonly<Record<string, Tensor>>, training: boolean): Record<string, Tensor>
  /** The model with the variables' values: the same graph, names, operator set and metadata; unchanged weights keep their bytes. */
  writeBack(): ModelProto
  /** Frees variables and constants. */
  dispose(): void
}

/**
 * Loads a network for training.
 * @param model float32, float16 or float64 weights; computed in float32; not changed, and not to be changed meanwhile
 * @throws DomainError MODEL_TRAINING_EXPORT for a network exported in training mode, MODEL_OPS_UNSUPPORTED naming all
 *   operators that are missing here, MODEL_TENSOR_TYPE and MODEL_CORRUPT for weights that cannot be read
 */
export function createExecutor(tf: Tf, model: ModelProto, options: ExecutorOptions): Executor {
  checkInference(model)
  const file = model.graph
  if (!file) throw new DomainError('MODEL_CORRUPT', 'The ONNX model has no graph. Export the network again.')
  const graph = withoutAliases(file)
  const steps = planSteps(graph, opsetVersion(model), options.batchNorm === 'folded')
  const kernels = kernelNames(graph)
  const { variables, constants } = load(tf, graph, kernels, options)
  const inputs = feedsOf(file).map(toTensorInfo)
  const outputs = file.output.map(toTensorInfo)

  return {
    inputs,
    outputs,
    variables,
    run: (feeds, training) =>
      tf.tidy(() => {
        const context: Context = { tf, batchStatistics: training && options.batchNorm === 'updated' }
        const edges = new Map(constants)
        for (const [name, variable] of variables) {
          edges.set(name, kernels.has(name) ? borrowedKernel(variable) : borrowed(variable))
        }
        for (const { name } of inputs) edges.set(name, borrowed(fed(feeds, name)))
        for (const step of steps) {
          const values = step.compute(
            context,
            step.inputs.map((edge) => edges.get(edge)),
          )
          for (const [index, edge] of step.outputs.entries()) if (values[index]) edges.set(edge, values[index])
          for (const edge of step.done) free(edges, edge)
        }
        return Object.fromEntries(outputs.map(({ name }) => [name, result(tf, edges.get(name), name)]))
      }),
    writeBack: () => ({ ...model, graph: { ...file, initializer: file.initializer.map(updated) } }),
    dispose() {
      for (const variable of variables.values()) variable.dispose()
      for (const value of constants.values()) release(value)
    },
  }

  function updated(tensor: TensorProto): TensorProto {
    const variable = variables.get(tensor.name)
    if (!variable) return tensor
    const values = valuesOf(tf, variable, kernels.has(tensor.name))
    const before = floatsOf(tensor)
    if (values.every((value, index) => Object.is(value, before[index]))) return tensor
    const copy = { ...tensor }
    setFloats(copy, values)
    return copy
  }
}

/** The initialisers and constants that the graph reads. */
function load(
  tf: Tf,
  graph: GraphProto,
  kernels: ReadonlySet<string>,
  { batchNorm, trainable = () => true }: ExecutorOptions,
) {
  const read = new Set([...graph.node.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name)])
  const learns = new Set([...parameterNames(graph)].filter(trainable))
  const moves = batchNorm === 'updated' ? statisticNames(graph) : new Set<string>()
  const variables = new Map<string, Variable>()
  const constants = new Map<string, Value>()
  for (const tensor of graph.initializer) {
    const { name } = tensor
    if (learns.has(name) || moves.has(name)) {
      variables.set(name, variableOf(tf, tensor, kernels.has(name), learns.has(name)))
    } else if (read.has(name)) constants.set(name, constantValue(tensor, tf))
  }
  for (const { opType, output, attribute } of graph.node) {
    if (opType !== 'Constant' || !attribute[0]) continue
    constants.set(output[0] ?? '', constantOf(tf, attribute[0]))
  }
  return { variables, constants }
}

function variableOf(tf: Tf, tensor: TensorProto, kernel: boolean, trainable: boolean): Variable {
  return tf.tidy(() => {
    const values = tf.tensor(floatsOf(tensor), tensor.dims.map(Number))
    return tf.variable(kernel ? toTaps(tf, values) : values, trainable)
  })
}

/** In the initialiser's order. */
function valuesOf(tf: Tf, variable: Variable, kernel: boolean): Float32Array {
  if (!kernel) return variable.dataSync() as Float32Array
  const turned = fromTaps(tf, variable)
  // Outside of tf.tidy, which would look for tensors among what it gives back, number by number.
  const values = turned.dataSync() as Float32Array
  turned.dispose()
  return values
}

/** The value of a Constant node: a tensor, or numbers in one of four attributes. */
function constantOf(tf: Tf, attribute: GraphProto['node'][number]['attribute'][number]): Value {
  const { name, t, f, i, floats, ints } = attribute
  if (t) return constantValue(t, tf)
  const lists: Readonly<Record<string, readonly number[]>> = {
    value_float: [f],
    value_floats: floats,
    value_int: [Number(i)],
    value_ints: ints.map(Number),
  }
  const numbers = lists[name] ?? []
  const shape = name.endsWith('s') ? [numbers.length] : []
  return { shape, numbers, integer: name.startsWith('value_int'), lifetime: 'constant' }
}

const borrowed = (first: Tensor): Value => ({ shape: first.shape, lifetime: 'borrowed', first })

function borrowedKernel(variable: Variable): Value {
  const [h = 0, w = 0, inputs = 0, outputs = 0] = variable.shape
  return { shape: [outputs, inputs, h, w], lifetime: 'borrowed', taps: variable as unknown as Tensor4D }
}

function fed(feeds: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = feeds[name]
  if (tensor) return tensor
  throw new DomainError('MODEL_INPUT_MISSING', `The network's input "${name}" is not fed.`, { input: name })
}

function free(edges: Map<string, Value>, edge: string): void {
  const value = edges.get(edge)
  if (value?.lifetime === 'run') release(value)
  edges.delete(edge)
}

function result(tf: Tf, value: Value | undefined, name: string): Tensor {
  if (!value) throw new DomainError('MODEL_CORRUPT', `No node computes the output "${name}". Export the network again.`)
  const tensor = channelsFirst(tf, value)
  return value.lifetime === 'run' ? tensor : tf.clone(tensor)
}

function toTensorInfo({ name, type }: ValueInfoProto): TensorInfo {
  const dims = type?.tensorType?.shape?.dim ?? []
  return { name, dims: dims.map(({ value }) => (value?.$case === 'dimValue' ? Number(value.value) : null)) }
}
