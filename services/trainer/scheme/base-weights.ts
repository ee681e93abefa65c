import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { Variable } from '../../../libs/onnx/executor/tensorflow.js'

/** The weights that a training began with, which keep what it would otherwise forget. */
export interface BaseWeights {
  /**
   * Draws each weight back by `share` of its way from the base: w -= share * (w - base). With share = rate * strength this is
   * the gradient step of the penalty strength / 2 * ||w - base||^2, decoupled from momentum as AdamW's decay is.
   * Source: X. Li, Y. Grandvalet, F. Davoine, "Explicit Inductive Bias for Transfer Learning" (2018), L2-SP.
   *
   * @param share in [0, 1]
   */
  pull(share: number): void
  /**
   * Puts the weights between base and student: base + share * (w - base). Robustness of the student, memory of the base.
   * Source: M. Wortsman et al., "Robust fine-tuning of zero-shot models" (2022), WiSE-FT.
   *
   * @param share 0: the base, 1: the student as it is
   */
  interpolate(share: number): void
  dispose(): void
}

/**
 * Keeps a copy of the weights as they are: to be called before the first step, and before a checkpoint is restored.
 * @param variables by name; they stay the caller's
 */
export function createBaseWeights(tf: TensorFlow, variables: ReadonlyMap<string, Variable>): BaseWeights {
  const pairs = [...variables.values()].map((variable) => ({ variable, base: tf.keep(tf.clone(variable)) }))
  const pull = (share: number) => {
    for (const { variable, base } of pairs) {
      tf.tidy(() => variable.assign(tf.sub(variable, tf.mul(tf.sub(variable, base), share))))
    }
  }
  return {
    pull,
    interpolate: (share) => pull(1 - share),
    dispose: () => tf.dispose(pairs.map(({ base }) => base)),
  }
}
