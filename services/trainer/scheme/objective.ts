import { DomainError } from '../../../libs/config/domain-error.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { Tensor } from '../../../libs/onnx/executor/tensorflow.js'
import { crossEntropy, directions, infoNce, squaredDistance } from './losses.js'

/** What a loss is made of, for the images of one micro-batch. */
export interface Views {
  /** The student's features, [n, d]. */
  readonly student: Tensor
  /** The teacher's features, [n, d]; only for methods with a teacher. */
  readonly teacher?: Tensor | undefined
  /** The head's logits, [n, classes]; only for methods with labels. */
  readonly logits?: Tensor | undefined
  /** The subjects, [n] int32; only for methods with labels. */
  readonly labels?: Tensor | undefined
  /** Teacher's features of other images, [m, d]; only for InfoNCE. */
  readonly bank?: Tensor | undefined
}

/**
 * The losses of a micro-batch by name, as scalars; `total` is what the weights follow. They are the micro-batch's part of the
 * losses of a batch, so that those of all its micro-batches add up to the batch's.
 * @param batch how many images the batch has over all micro-batches
 */
export type Objective = (tf: TensorFlow, views: Views, batch: number) => Record<string, Tensor>

/** See {@link equationOne}. */
export interface EquationOneOptions {
  /** The weight of the distance from the teacher; 0.1 in the paper. */
  readonly lambda: number
  /** sum: over images and dimensions, as the paper prints it; mean: over both, as its published code computes it. */
  readonly reduction: 'mean' | 'sum'
}

/**
 * Equation 1 of the paper: L = L(y, y') + lambda * sum over images of ||F_T(i) - F_S(i')||^2, where L(y, y') is the softmax
 * loss, averaged over the batch. Without a teacher the second term is left out.
 * Source: Massoli, Amato, Falchi, "Cross-Resolution Learning for Face Recognition" (2020), section 5.
 *
 * @returns an objective with the terms `total`, `classification` and, with a teacher, `teacher` (before lambda)
 * @throws DomainError TRAINING_LABELS_MISSING by the objective, where images have no subjects
 */
export function equationOne({ lambda, reduction }: EquationOneOptions): Objective {
  return (tf, { student, teacher, logits, labels }, batch) => {
    if (!logits || !labels) {
      throw new DomainError(
        'TRAINING_LABELS_MISSING',
        'This method learns from subjects, and the images have none. Give a folder of subject folders, or use the method crossres.',
      )
    }
    const classification = tf.div(tf.sum(crossEntropy(tf, logits, labels)), batch)
    if (!teacher) return { total: classification, classification }
    const sum = tf.sum(squaredDistance(tf, student, teacher))
    const distance = reduction === 'sum' ? sum : tf.div(sum, batch * (student.shape[1] ?? 1))
    return { total: tf.add(classification, tf.mul(distance, lambda)), classification, teacher: distance }
  }
}

/** See {@link distillation}. */
export interface DistillationOptions {
  /** The weight of InfoNCE beside the distance from the teacher, >= 0. */
  readonly contrastWeight: number
  /** What InfoNCE divides cosines by, > 0, where the teacher's features have no common mean. */
  readonly temperature: number
}

/**
 * The loss of the method crossres, which needs no subjects. With u and v the directions of the student's and the teacher's feature
 * of an image, m the mean of all teacher's directions at hand (the micro-batch's and the bank's) and s the mean of ||v - m||^2:
 * ||u - v||^2 / s + contrastWeight * InfoNCE of u against all v at temperature * s, each averaged over the batch; ||u - v||^2 is
 * 2 (1 - cos). The spread s makes both mean the same for every network: the features of some (dlib's) are so much alike that any two
 * faces have a cosine above 0.85, and at a plain temperature of 0.1 the contrast would hardly see a difference.
 *
 * @returns an objective with the terms `total`, `teacher` (the distance) and `contrast` (before its weight)
 * @throws DomainError TRAINING_TEACHER_MISSING by the objective
 */
export function distillation({ contrastWeight, temperature }: DistillationOptions): Objective {
  return (tf, { student, teacher, bank }, batch) => {
    if (!teacher) throw new DomainError('TRAINING_TEACHER_MISSING', 'This method learns from a teacher: give one.')
    const [u, v] = [directions(tf, student), directions(tf, teacher)]
    const others = directions(tf, bank ?? tf.zeros([0, teacher.shape[1] ?? 0]))
    const spread = spreadOf(tf, tf.concat([v, others]))

    const average = (each: Tensor): Tensor => tf.div(tf.sum(each), batch)
    const distance = average(tf.div(squaredDistance(tf, u, v), spread))
    const contrast = average(infoNce(tf, u, v, others, tf.mul(spread, temperature)))
    return { total: tf.add(distance, tf.mul(contrast, contrastWeight)), teacher: distance, contrast }
  }
}

/** Below that of any two faces; keeps the loss of a batch of one finite. */
const SMALLEST_SPREAD = 1e-4

/** The mean squared distance of directions from their mean, as a scalar. @param features [n, d], n >= 1 */
function spreadOf(tf: TensorFlow, features: Tensor): Tensor {
  const apart = tf.sub(features, tf.mean(features, 0, true))
  return tf.maximum(tf.mean(tf.sum(tf.square(apart), 1)), SMALLEST_SPREAD)
}
