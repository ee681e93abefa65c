import { DomainError } from '../../../libs/config/domain-error.js'
import type { Tensor as Pixels } from '../../../libs/engine/engine.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { Executor } from '../../../libs/onnx/executor/executor.js'
import type { Tensor, Variable } from '../../../libs/onnx/executor/tensorflow.js'
import type { BaseWeights } from './base-weights.js'
import type { FeatureBank } from './feature-bank.js'
import type { Head } from './head.js'
import type { Objective } from './objective.js'
import type { Optimizer } from './optimizers.js'

/** As many images as go through the network at once. */
export interface MicroBatch {
  /** What the student sees, in the shape of its input, [n, c, h, w]. */
  readonly images: Pixels
  /** What the teacher sees of the same images; not needed with `teacherFeatures` or without a teacher. */
  readonly teacherImages?: Pixels
  /** The teacher's features, [n, d], where they were computed before. */
  readonly teacherFeatures?: Pixels
  /** The images' subjects, n whole numbers from 0; needed by methods with labels. */
  readonly labels?: Int32Array
}

/** What a step works with; all of it stays the caller's. */
export interface TrainStepParts {
  readonly tf: TensorFlow
  readonly student: Executor
  /** Frozen: made with `trainable: () => false`. Without it, methods with a teacher need `teacherFeatures`. */
  readonly teacher?: Executor
  readonly head?: Head
  readonly objective: Objective
  /** Made with {@link trainableVariables} of the same student and head. */
  readonly optimizer: Optimizer
  readonly bank?: FeatureBank
  /** Draws the weights back to the base after each step, by the rate times `strength`. */
  readonly anchor?: { readonly base: BaseWeights; readonly strength: number }
}

/** Where in the training a step is. */
export interface StepPlace {
  /** From 0. */
  readonly step: number
  /** The learning rate. */
  readonly rate: number
}

/**
 * One step of the optimizer over micro-batches whose gradients add up to those of the whole batch.
 * @returns the batch's losses by name, `total` among them, and `gradientNorm`
 * @throws DomainError TRAINING_DIVERGED naming step and micro-batch when a loss or gradient is not finite; the weights are those
 *   before the step (statistics that batch normalisation updates have moved)
 */
export type TrainStep = (batches: readonly MicroBatch[], place: StepPlace) => Record<string, number>

/** What learns: the student's trainable weights and the head's, by name. */
export function trainableVariables(student: Executor, head?: Head): ReadonlyMap<string, Variable> {
  return new Map([...student.variables, ...(head?.variables ?? [])].filter(([, { trainable }]) => trainable))
}

/** See {@link TrainStep}. */
export function createTrainStep(parts: TrainStepParts): TrainStep {
  const { tf, student, head, objective, optimizer, bank, anchor } = parts
  const variables = trainableVariables(student, head)

  return (batches, { step, rate }) => {
    const size = batches.reduce((sum, { images }) => sum + (images.dims[0] ?? 0), 0)
    const sums = new Map<string, Tensor>()
    const losses: Record<string, number> = {}
    try {
      for (const [index, batch] of batches.entries()) {
        for (const [name, loss] of Object.entries(accumulate(batch, size, sums))) {
          expectFinite(loss, name, step, index)
          losses[name] = (losses[name] ?? 0) + loss
        }
      }
      const gradientNorm = norm(sums)
      expectFinite(gradientNorm, 'gradient', step, batches.length - 1)
      optimizer.apply(sums, rate)
      anchor?.base.pull(rate * anchor.strength)
      return { ...losses, gradientNorm }
    } finally {
      tf.dispose([...sums.values()])
    }
  }

  /** Adds the gradients of one micro-batch to `sums`. @returns its part of the losses */
  function accumulate(batch: MicroBatch, size: number, sums: Map<string, Tensor>): Record<string, number> {
    const losses: Record<string, number> = {}
    tf.tidy(() => {
      const teacher = teacherFeatures(batch)
      const labels = batch.labels && tf.tensor1d(batch.labels, 'int32')
      const held = bank?.features()
      const others = held && tf.tensor(held.data, [...held.dims])
      const images = tensorOf(batch.images)
      const { grads } = tf.variableGrads(
        () => {
          const features = featuresOf(student, images, true)
          const views = { student: features, teacher, logits: head?.logits(features), labels, bank: others }
          const terms = objective(tf, views, size)
          for (const [name, term] of Object.entries(terms)) losses[name] = term.dataSync()[0] ?? Number.NaN
          return terms.total!.asScalar()
        },
        [...variables.values()] as never[],
      )
      for (const [name, variable] of variables) {
        const gradient = grads[variable.name]
        if (!gradient) continue
        const before = sums.get(name)
        sums.set(name, tf.keep(before ? tf.add(before, gradient) : gradient))
        before?.dispose()
      }
      if (teacher) bank?.add(teacher.dataSync() as Float32Array)
    })
    return losses
  }

  function teacherFeatures({ teacherFeatures, teacherImages }: MicroBatch): Tensor | undefined {
    if (teacherFeatures) return tensorOf(teacherFeatures)
    if (!parts.teacher) return undefined
    if (!teacherImages) throw new DomainError('TRAINING_TEACHER_MISSING', 'The teacher has no images to look at.')
    return featuresOf(parts.teacher, tensorOf(teacherImages), false)
  }

  /** The first output of a network, as [n, d]. */
  function featuresOf({ inputs, outputs, run }: Executor, images: Tensor, training: boolean): Tensor {
    const features = run({ [inputs[0]?.name ?? '']: images }, training)[outputs[0]?.name ?? '']!
    return tf.reshape(features, [images.shape[0] ?? 0, -1])
  }

  function tensorOf({ data, dims }: Pixels): Tensor {
    return tf.tensor(data, [...dims], 'float32')
  }

  function norm(gradients: ReadonlyMap<string, Tensor>): number {
    const squares = tf.tidy(() => tf.addN([...gradients.values()].map((each) => tf.sum(tf.square(each)))).dataSync())
    return Math.sqrt(squares[0] ?? Number.NaN)
  }
}

function expectFinite(value: number, what: string, step: number, batch: number): void {
  if (Number.isFinite(value)) return
  throw new DomainError(
    'TRAINING_DIVERGED',
    `The training diverged: ${what} became ${value} at step ${step}, batch ${batch}. Lower the learning rate and resume from the last checkpoint.`,
    { step: String(step), batch: String(batch), loss: what },
  )
}
