import { DomainError } from '../../../libs/config/domain-error.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { Tensor, Variable } from '../../../libs/onnx/executor/tensorflow.js'

/** What an optimizer remembers, by name, for a checkpoint. */
export type OptimizerState = Readonly<Record<string, Float32Array>>

/** Moves variables against their gradients. */
export interface Optimizer {
  /**
   * One step.
   * @param gradients by the variables' names in the map the optimizer was made with; a variable without one stays as it is
   * @param rate the learning rate, > 0
   */
  apply(gradients: ReadonlyMap<string, Tensor>, rate: number): void
  /** A copy of all that the next steps depend on besides the variables themselves. */
  state(): OptimizerState
  /** Goes on where another optimizer of the same kind and variables stood. @throws DomainError TRAINING_STATE_MISMATCH */
  restore(state: OptimizerState): void
  /** Frees the state; the variables stay. */
  dispose(): void
}

type Variables = ReadonlyMap<string, Variable>

/**
 * Stochastic gradient descent with momentum, no Nesterov; weight decay is added to the gradient:
 * g += decay * w; m = momentum * m + g; w -= rate * m.
 * Source: torch.optim.SGD, which the paper's published code uses (dampening 0; the first m is g).
 *
 * @param variables by name; they stay the caller's
 */
export function createSgd(
  tf: TensorFlow,
  variables: Variables,
  { momentum, weightDecay }: { readonly momentum: number; readonly weightDecay: number },
): Optimizer {
  const memory = createMemory(tf, variables, ['momentum'])
  return {
    apply(gradients, rate) {
      forEach(variables, gradients, (variable, gradient, name) =>
        tf.tidy(() => {
          const moment = memory.of('momentum', name)
          // One pass over the three: a step is bound by the memory it goes through.
          moment.assign(tf.addN([tf.mul(moment, momentum), gradient, tf.mul(variable, weightDecay)]))
          variable.assign(tf.sub(variable, tf.mul(moment, rate)))
        }),
      )
    },
    state: memory.state,
    restore: memory.restore,
    dispose: memory.dispose,
  }
}

/** See {@link createAdamW}. */
export interface AdamWOptions {
  /** Share of the first moment kept at each step; 0.9 in the paper. */
  readonly beta1: number
  /** Share of the second moment kept at each step; 0.999 in the paper. */
  readonly beta2: number
  /** Added to the root of the second moment; 1e-8 in the paper. */
  readonly epsilon: number
  /** Share of each weight, times the rate, that a step takes away. */
  readonly weightDecay: number
  /** Whether the rate is a share of the root mean square of each tensor, rather than a difference. */
  readonly relative: boolean
}

/** Tensors smaller than this, such as biases of 0, move as if they were of this size: epsilon 2 of Adafactor. */
const SMALLEST_SIZE = 1e-3

/**
 * Adam with decoupled weight decay: w -= rate * decay * w, then w -= rate * m' / (sqrt(v') + epsilon), m' and v' being the
 * moments corrected for their start at 0. With `relative` the second part is multiplied by the tensor's root mean square: where
 * batch normalisation was folded into the weights before, those of one layer may be a hundred times as large as those of another.
 * Source: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization" (2019), algorithm 2; torch.optim.AdamW; relative:
 * N. Shazeer, M. Stern, "Adafactor" (2018), section 8.
 *
 * @param variables by name; they stay the caller's
 */
export function createAdamW(tf: TensorFlow, variables: Variables, options: AdamWOptions): Optimizer {
  const { beta1, beta2, epsilon, weightDecay, relative } = options
  const memory = createMemory(tf, variables, ['first', 'second'])
  // A float holds whole numbers up to 2^24, more steps than any training has.
  let steps = 0
  return {
    apply(gradients, rate) {
      steps++
      const root2 = Math.sqrt(1 - beta2 ** steps)
      // m' / (sqrt(v') + epsilon) with the numbers taken out of it, each of which would be a pass over the memory.
      const scale = (rate * root2) / (1 - beta1 ** steps)
      forEach(variables, gradients, (variable, gradient, name) =>
        tf.tidy(() => {
          const [first, second] = [memory.of('first', name), memory.of('second', name)]
          first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)))
          second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)))
          const move = tf.div(first, tf.add(tf.sqrt(second), epsilon * root2))
          const size = relative ? tf.maximum(tf.sqrt(tf.mean(tf.square(variable))), SMALLEST_SIZE) : 1
          variable.assign(tf.sub(tf.mul(variable, 1 - rate * weightDecay), tf.mul(move, tf.mul(size, scale))))
        }),
      )
    },
    state: () => ({ ...memory.state(), steps: Float32Array.of(steps) }),
    restore({ steps: taken, ...moments }) {
      if (!taken) throw mismatch('steps')
      memory.restore(moments)
      steps = taken[0] ?? 0
    },
    dispose: memory.dispose,
  }
}

/** Tensors of zeros beside the variables, one for each variable and kind, named "kind/variable". */
function createMemory(tf: TensorFlow, variables: Variables, kinds: readonly string[]) {
  const cells = new Map<string, Variable>()
  for (const kind of kinds) {
    for (const [name, variable] of variables) {
      cells.set(
        `${kind}/${name}`,
        tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
      )
    }
  }
  return {
    of: (kind: string, name: string): Variable => cells.get(`${kind}/${name}`)!,
    state: (): OptimizerState =>
      Object.fromEntries([...cells].map(([name, cell]) => [name, Float32Array.from(cell.dataSync())])),
    restore(state: OptimizerState) {
      const strange = Object.keys(state).find((name) => !cells.has(name))
      const wrong = strange ?? [...cells].find(([name, { size }]) => state[name]?.length !== size)?.[0]
      if (wrong !== undefined) throw mismatch(wrong)
      for (const [name, cell] of cells) tf.tidy(() => cell.assign(tf.tensor(state[name]!.slice(), cell.shape)))
    },
    dispose: () => tf.dispose([...cells.values()]),
  }
}

function forEach(
  variables: Variables,
  gradients: ReadonlyMap<string, Tensor>,
  move: (variable: Variable, gradient: Tensor, name: string) => void,
): void {
  for (const [name, variable] of variables) {
    const gradient = gradients.get(name)
    if (gradient) move(variable, gradient, name)
  }
}

const mismatch = (name: string) =>
  new DomainError(
    'TRAINING_STATE_MISMATCH',
    `The checkpoint's "${name}" does not fit this training. Resume with the model and the settings it was begun with.`,
    { name },
  )
