import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { Tensor, Variable } from '../../../libs/onnx/executor/tensorflow.js'
import type { Random } from '../../../libs/random/random.js'

/** The layer that tells subjects apart during training; it is no part of the finished network. */
export interface Head {
  /** "head/weight" [d, classes] and "head/bias" [classes]. */
  readonly variables: ReadonlyMap<string, Variable>
  /** @param features [n, d] @returns logits [n, classes], in the caller's scope */
  logits(features: Tensor): Tensor
  dispose(): void
}

/**
 * A dense layer with random weights, uniform in +-1 / sqrt(dimension), bias too.
 * Source: torch.nn.Linear, with which the paper's published code makes its head.
 *
 * @param dimension values of a feature
 * @param classes how many subjects
 */
export function createHead(tf: TensorFlow, dimension: number, classes: number, random: Random): Head {
  const bound = 1 / Math.sqrt(dimension)
  const uniform = (shape: number[]) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(-bound, bound))
    return tf.tidy(() => tf.variable(tf.tensor(values, shape)))
  }
  const weight = uniform([dimension, classes])
  const bias = uniform([classes])
  return {
    variables: new Map([
      ['head/weight', weight],
      ['head/bias', bias],
    ]),
    logits: (features) => tf.tidy(() => tf.add(tf.matMul(features as never, weight as never), bias)),
    dispose: () => tf.dispose([weight, bias]),
  }
}
