import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { Random } from '../../../libs/random/random.js'
import type { TensorFile } from '../checkpoint/safetensors.js'
import { captureVariables, groupOf, joinGroups, restoreVariables } from '../checkpoint/variables.js'
import { type BaseWeights, createBaseWeights } from '../scheme/base-weights.js'
import type { TrainingSettings } from '../scheme/config.js'
import { createFeatureBank } from '../scheme/feature-bank.js'
import { createHead, type Head } from '../scheme/head.js'
import { TRAITS } from '../scheme/methods.js'
import { distillation, equationOne } from '../scheme/objective.js'
import { createAdamW, createSgd } from '../scheme/optimizers.js'
import { createTrainStep, type TrainStep, trainableVariables } from '../scheme/train-step.js'
import type { Networks } from './networks.js'

/** A student with all that moves its weights. */
export interface Learner {
  readonly step: TrainStep
  /** Only for methods with labels. */
  readonly head?: Head
  /** The weights that the training began with. */
  readonly base: BaseWeights
  /** A copy of the student's weights, and of statistics that move. */
  weights(): TensorFile['tensors']
  /** Puts weights in the student's place. @throws DomainError TRAINING_STATE_MISMATCH */
  setWeights(weights: TensorFile['tensors']): void
  /** A copy of all that later steps depend on: weights, head, optimizer, feature bank. */
  state(): TensorFile['tensors']
  /** @throws DomainError TRAINING_STATE_MISMATCH */
  restore(state: TensorFile['tensors']): void
  dispose(): void
}

/**
 * Puts a student's head, loss and optimizer together as the settings say.
 * @param subjects how many the head tells apart; of no account for methods without labels
 * @param random draws the head's first weights
 */
export function createLearner(
  tf: TensorFlow,
  { student, teacher, base: { card } }: Networks,
  settings: TrainingSettings,
  subjects: number,
  random: Random,
): Learner {
  const { labels, teacher: taught } = TRAITS[settings.method]
  const head = labels ? createHead(tf, card.dimension, subjects, random) : undefined
  const variables = trainableVariables(student, head)
  const optimizer = createOptimizer(tf, variables, settings)
  const base = createBaseWeights(tf, student.variables)
  let bank = createFeatureBank(taught && !labels ? settings.bankSize : 0, card.dimension)

  const parts = {
    tf,
    student,
    optimizer,
    objective: labels
      ? equationOne({ lambda: settings.lambda, reduction: settings.lossReduction })
      : distillation(settings),
    bank: { features: () => bank.features(), add: (rows: Float32Array) => bank.add(rows), state: () => bank.state() },
    anchor: { base, strength: settings.anchor },
    ...(teacher ? { teacher } : {}),
    ...(head ? { head } : {}),
  }

  return {
    step: createTrainStep(parts),
    ...(head ? { head } : {}),
    base,
    weights: () => captureVariables(student.variables),
    setWeights: (weights) => restoreVariables(tf, student.variables, weights),
    state() {
      const { features, next } = bank.state()
      return joinGroups({
        weights: captureVariables(student.variables),
        head: captureVariables(head?.variables ?? new Map()),
        optimizer: optimizer.state(),
        bank: { features, next: Float32Array.of(next) },
      })
    },
    restore(state) {
      restoreVariables(tf, student.variables, groupOf(state, 'weights'))
      restoreVariables(tf, head?.variables ?? new Map(), groupOf(state, 'head'))
      optimizer.restore(groupOf(state, 'optimizer'))
      const { features = new Float32Array(), next } = groupOf(state, 'bank')
      bank = createFeatureBank(settings.bankSize, card.dimension, { features, next: next?.[0] ?? 0 })
    },
    dispose() {
      optimizer.dispose()
      base.dispose()
      head?.dispose()
    },
  }
}

function createOptimizer(tf: TensorFlow, variables: ReturnType<typeof trainableVariables>, settings: TrainingSettings) {
  if (settings.optimizer === 'sgd') return createSgd(tf, variables, settings)
  const { firstBeta: beta1, secondBeta: beta2, epsilon, weightDecay, relativeRate: relative } = settings
  return createAdamW(tf, variables, { beta1, beta2, epsilon, weightDecay, relative })
}
