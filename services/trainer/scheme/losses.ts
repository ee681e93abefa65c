import { DomainError } from '../../../libs/config/domain-error.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { Tensor } from '../../../libs/onnx/executor/tensorflow.js'

// Below any norm of a feature that means something; keeps the direction of a feature of zeros finite.
const SMALLEST_SQUARE = 1e-12

/**
 * The softmax loss of each image: -log of the probability given to its subject.
 * @param logits [n, classes]
 * @param labels [n], int32 in 0..classes - 1
 * @returns [n], >= 0
 */
export function crossEntropy(tf: TensorFlow, logits: Tensor, labels: Tensor): Tensor {
  return tf.tidy(() => {
    const chosen = tf.oneHot(labels.as1D().toInt(), logits.shape[1] ?? 0).toFloat()
    return tf.neg(tf.sum(tf.mul(chosen, tf.logSoftmax(logits)), 1))
  })
}

/**
 * The squared Euclidean distance of each student's feature from its teacher's: the summand of equation 1.
 * @param student [n, d]
 * @param teacher [n, d]
 * @returns [n], >= 0
 * @throws DomainError EMBEDDING_DIMENSION_MISMATCH
 */
export function squaredDistance(tf: TensorFlow, student: Tensor, teacher: Tensor): Tensor {
  expectAlike(student, teacher)
  return tf.tidy(() => tf.sum(tf.square(tf.sub(student, teacher)), 1))
}

/**
 * InfoNCE of each image: the softmax loss of picking its own teacher's feature, by cosine, among those of the batch and of a bank.
 * Source: A. van den Oord, Y. Li, O. Vinyals, "Representation Learning with Contrastive Predictive Coding" (2018), equation 4.
 *
 * @param student [n, d]
 * @param teacher [n, d]
 * @param bank [m, d], features of other images, m >= 0
 * @param temperature that cosines are divided by, > 0: a number or a scalar
 * @returns [n], >= 0
 * @throws DomainError EMBEDDING_DIMENSION_MISMATCH
 */
export function infoNce(
  tf: TensorFlow,
  student: Tensor,
  teacher: Tensor,
  bank: Tensor,
  temperature: Tensor | number,
): Tensor {
  expectAlike(student, teacher)
  return tf.tidy(() => {
    const candidates = directions(tf, bank.shape[0] ? tf.concat([teacher, bank]) : teacher)
    const cosines = tf.matMul(directions(tf, student) as never, candidates as never, false, true)
    return crossEntropy(tf, tf.div(cosines, temperature), tf.range(0, student.shape[0] ?? 0, 1, 'int32'))
  })
}

/** The features brought to length 1. @param features [n, d], n >= 0 */
export function directions(tf: TensorFlow, features: Tensor): Tensor {
  return tf.mul(features, tf.rsqrt(tf.add(tf.sum(tf.square(features), 1, true), SMALLEST_SQUARE)))
}

function expectAlike(student: Tensor, teacher: Tensor): void {
  const [found, expected] = [student.shape[1], teacher.shape[1]]
  if (found === expected) return
  throw new DomainError(
    'EMBEDDING_DIMENSION_MISMATCH',
    `The student's features have ${found} values and the teacher's ${expected}. Choose a teacher of the student's feature space.`,
    { student: String(found), teacher: String(expected) },
  )
}
