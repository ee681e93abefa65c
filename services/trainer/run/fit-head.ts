import { PLAIN_VIEW } from '../../../libs/dataset/augment.js'
import type { BatchLoader } from '../../../libs/dataset/loader/loader.js'
import { pixelTensor } from '../../../libs/dataset/loader/pixels.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { ModelCard } from '../../../libs/models/model-card.js'
import type { Executor } from '../../../libs/onnx/executor/executor.js'
import type { Random } from '../../../libs/random/random.js'
import type { Head } from '../scheme/head.js'
import { crossEntropy } from '../scheme/losses.js'
import { createAdamW } from '../scheme/optimizers.js'
import { featuresOf } from './features.js'
import type { RunData } from './open-data.js'

/** What fitting a head works with. */
export interface HeadFit {
  readonly tf: TensorFlow
  readonly student: Executor
  readonly head: Head
  readonly loader: BatchLoader
  readonly data: RunData
  readonly card: ModelCard
  /** Images that go through the network at once. */
  readonly batch: number
  readonly random: Random
}

/** A subject is known well enough from this many faces. */
const FACES_OF_A_SUBJECT = 12
const STEPS = 400
const ROWS = 256
const RATE = 0.02
const DECAY = 1e-4

/**
 * Fits a head to the features that the student has before its training: a softmax regression by AdamW with a falling rate. A head of
 * random weights would pull the features about before it knows anything.
 */
export async function fitHead({ tf, student, head, loader, data, card, batch, random }: HeadFit): Promise<void> {
  const labelOf = new Map(data.subjects.map((subject, label) => [subject, label]))
  const features: Float32Array[] = []
  const labels: number[] = []
  const draws = fewOfEach(data).map((item) => ({ item, views: [PLAIN_VIEW] }))
  for await (const { draws: read, pixels } of loader.batches(draws, { size: batch, views: 1, prefetch: 2 })) {
    if (read.length === 0) continue
    features.push(featuresOf(tf, student, pixelTensor(pixels[0] as Float32Array, card.input)))
    labels.push(...read.map(({ item }) => labelOf.get(item.subject ?? '') ?? 0))
  }
  const rows = tf.tensor2d(
    features.flatMap((part) => [...part]),
    [labels.length, card.dimension],
  )
  const optimizer = createAdamW(tf, head.variables, {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: DECAY,
    relative: false,
  })
  for (let step = 0; step < STEPS; step++) {
    tf.tidy(() => {
      const chosen = Int32Array.from({ length: ROWS }, () => random.integer(0, labels.length - 1))
      const some = tf.gather(rows, tf.tensor1d(chosen, 'int32'))
      const wanted = tf.tensor1d(
        Int32Array.from(chosen, (row) => labels[row] as number),
        'int32',
      )
      const loss = () => tf.mean(crossEntropy(tf, head.logits(some), wanted)).asScalar()
      const { grads } = tf.variableGrads(loss, [...head.variables.values()] as never[])
      const gradients = new Map([...head.variables].map(([name, variable]) => [name, grads[variable.name]!]))
      optimizer.apply(gradients, RATE * (1 - step / STEPS))
    })
  }
  optimizer.dispose()
  rows.dispose()
}

function fewOfEach({ training }: RunData) {
  const counts = new Map<string | null, number>()
  return training.filter(({ subject }) => {
    const count = counts.get(subject) ?? 0
    counts.set(subject, count + 1)
    return subject !== null && count < FACES_OF_A_SUBJECT
  })
}
