import { beforeAll, describe, expect, it } from 'vitest'
import { loadTensorFlow, type TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { Tensor } from '../../../libs/onnx/executor/tensorflow.js'
import { noise } from '../../../libs/onnx/testing/noise.js'
import { crossEntropy, directions, infoNce, squaredDistance } from './losses.js'
import { distillation, equationOne } from './objective.js'

let tf: TensorFlow
beforeAll(async () => {
  tf = await loadTensorFlow()
})

const values = (compute: () => Tensor) => [...(tf.tidy(() => compute().dataSync()) as Float32Array)]
const close = (found: readonly number[], expected: readonly number[]) => {
  expect(found).toHaveLength(expected.length)
  for (const [index, value] of expected.entries()) expect(found[index]).toBeCloseTo(value, 5)
}
const student = [
  [3, 4],
  [1, 0],
]
const teacher = [
  [4, 3],
  [0, -2],
]

describe('the losses of each image', () => {
  it('cross-entropy: -log of the probability of the subject', () => {
    const logits = [
      [Math.log(1), Math.log(3)],
      [Math.log(4), Math.log(1)],
    ]
    close(
      values(() => crossEntropy(tf, tf.tensor2d(logits), tf.tensor1d([0, 0], 'int32'))),
      [Math.log(4), Math.log(5 / 4)],
    )
  })

  it('cross-entropy stays finite for logits that overflow the exponential', () => {
    close(
      values(() => crossEntropy(tf, tf.tensor2d([[1_000, 0]]), tf.tensor1d([1], 'int32'))),
      [1_000],
    )
  })

  it('squared distance: (3-4)^2 + (4-3)^2, (1-0)^2 + (0+2)^2', () => {
    close(
      values(() => squaredDistance(tf, tf.tensor2d(student), tf.tensor2d(teacher))),
      [2, 5],
    )
  })

  it('InfoNCE: softmax over the cosines with batch and bank', () => {
    // Cosines of the first: .96 (its own), -.8, and .6 with the bank; of the second: .8, 0 (its own), and 1.
    const exp = (cosine: number) => Math.exp(cosine / 0.5)
    const expected = [
      -Math.log(exp(0.96) / (exp(0.96) + exp(-0.8) + exp(0.6))),
      -Math.log(exp(0) / (exp(0.8) + exp(0) + exp(1))),
    ]
    close(
      values(() => infoNce(tf, tf.tensor2d(student), tf.tensor2d(teacher), tf.tensor2d([[7, 0]]), 0.5)),
      expected,
    )
  })

  it('InfoNCE does without a bank', () => {
    const found = values(() => infoNce(tf, tf.tensor2d(student), tf.tensor2d(teacher), tf.zeros([0, 2]), 1))
    close(found, [Math.log(1 + Math.exp(-0.8 - 0.96)), Math.log(1 + Math.exp(0.8))])
  })

  it('refuses features of two lengths', () => {
    expect(() => tf.tidy(() => squaredDistance(tf, tf.zeros([1, 2]), tf.zeros([1, 3])))).toThrow(
      expect.objectContaining({ reason: 'EMBEDDING_DIMENSION_MISMATCH', metadata: { student: '2', teacher: '3' } }),
    )
  })
})

describe('gradients', () => {
  const target = noise([3, 4], 5)
  const bank = noise([6, 4], 6)
  const cases: Record<string, (x: Tensor) => Tensor> = {
    crossEntropy: (x) => crossEntropy(tf, x, tf.tensor1d([0, 3, 1], 'int32')),
    squaredDistance: (x) => squaredDistance(tf, x, tf.tensor(target.data, [3, 4])),
    directions: (x) => squaredDistance(tf, directions(tf, x), tf.tensor(target.data, [3, 4])),
    infoNce: (x) => infoNce(tf, x, tf.tensor(target.data, [3, 4]), tf.tensor(bank.data, [6, 4]), 0.5),
  }

  it.each(Object.keys(cases))('%s agrees with central differences', (name) => {
    const loss = (x: Tensor) => tf.sum(cases[name]!(x)).asScalar()
    const { data } = noise([3, 4], 7)
    const gradient = values(() => tf.grad(loss)(tf.tensor(data, [3, 4])))
    const largest = Math.max(...gradient.map(Math.abs))
    const size = 1e-2
    for (const [index, found] of gradient.entries()) {
      const at = (by: number) => {
        const moved = Float32Array.from(data)
        moved[index]! += by
        return values(() => loss(tf.tensor(moved, [3, 4])))[0]!
      }
      expect(Math.abs(found - (at(size) - at(-size)) / (2 * size)) / largest).toBeLessThan(1e-2)
    }
  })

  it('a direction has a finite gradient at a feature of zeros', () => {
    const gradient = values(() =>
      tf.grad((x: Tensor) => tf.sum(squaredDistance(tf, directions(tf, x), tf.ones([1, 3]))).asScalar())(
        tf.zeros([1, 3]),
      ),
    )
    expect(gradient.every(Number.isFinite)).toBe(true)
  })
})

describe('equationOne', () => {
  const logits = [
    [Math.log(1), Math.log(3)],
    [Math.log(4), Math.log(1)],
  ]
  const terms = (reduction: 'mean' | 'sum', withTeacher = true, batch = 2) =>
    tf.tidy(() => {
      const losses = equationOne({ lambda: 0.1, reduction })(
        tf,
        {
          student: tf.tensor2d(student),
          teacher: withTeacher ? tf.tensor2d(teacher) : undefined,
          logits: tf.tensor2d(logits),
          labels: tf.tensor1d([0, 0], 'int32'),
        },
        batch,
      )
      return Object.entries(losses).map(([name, loss]) => [name, loss.dataSync()[0]])
    }) as unknown as [string, number][]
  const softmaxLoss = (Math.log(4) + Math.log(5 / 4)) / 2

  it('adds lambda times the sum of squared distances, 2 + 5, as printed', () => {
    const { total, classification, teacher: distance } = Object.fromEntries(terms('sum'))
    close([classification!, distance!, total!], [softmaxLoss, 7, softmaxLoss + 0.7])
  })

  it('adds lambda times their mean over images and dimensions, 7 / 4, as it was run', () => {
    const { total, teacher: distance } = Object.fromEntries(terms('mean'))
    close([distance!, total!], [1.75, softmaxLoss + 0.175])
  })

  it('gives a micro-batch its part of the batch', () => {
    close([Object.fromEntries(terms('mean', true, 8)).total!], [(softmaxLoss + 0.175) / 4])
    close([Object.fromEntries(terms('sum', true, 8)).teacher!], [7])
  })

  it('is the softmax loss where there is no teacher', () => {
    expect(terms('mean', false).map(([name]) => name)).toEqual(['total', 'classification'])
    close([Object.fromEntries(terms('mean', false)).total!], [softmaxLoss])
  })

  it('refuses images without subjects', () => {
    const objective = equationOne({ lambda: 0.1, reduction: 'mean' })
    expect(() => tf.tidy(() => objective(tf, { student: tf.tensor2d(student) }, 2))).toThrow(
      expect.objectContaining({ reason: 'TRAINING_LABELS_MISSING' }),
    )
  })
})

describe('distillation', () => {
  // Directions (0.6, 0.8), (1, 0) and (0.8, 0.6), (0, -1); the mean of the teacher's is (0.4, -0.2), which leaves
  // (0.4, 0.8) and (-0.4, -0.8), whose mean square is 0.8. Cosines: 0.96 and -0.8; 0.8 and 0.
  const spread = 0.8
  const distance = (2 * (1 - 0.96) + 2 * (1 - 0)) / 2 / spread
  const contrast = (Math.log(1 + Math.exp((-0.8 - 0.96) / spread)) + Math.log(1 + Math.exp((0.8 - 0) / spread))) / 2

  const total = (contrastWeight: number, bank?: number[][]) =>
    values(() => {
      const views = { student: tf.tensor2d(student), teacher: tf.tensor2d(teacher), bank: bank && tf.tensor2d(bank) }
      return distillation({ contrastWeight, temperature: 1 })(tf, views, 2).total!
    })

  it('is the distance of directions in the spread of the faces, with the weighted contrast', () => {
    close(total(0), [distance])
    close(total(0.3), [distance + 0.3 * contrast])
  })

  it('takes the spread over the bank as well', () => {
    // The opposite directions besides: the mean is 0 and the spread 1.
    const bank = [
      [-4, -3],
      [0, 9],
    ]
    close(total(0, bank), [distance * spread])
  })

  it('says the same of features that share a large mean', () => {
    // Far along a third axis the angles shrink, and with them the spread.
    const far = (features: number[][], scale: number) => features.map(([x = 0, y = 0]) => [x * scale, y * scale, 1])
    const at = (scale: number) =>
      values(() => {
        const [faces, poor] = [far(teacher, scale), far(student, scale)]
        const views = { student: tf.tensor2d(poor), teacher: tf.tensor2d(faces) }
        return distillation({ contrastWeight: 0.3, temperature: 1 })(tf, views, 2).total!
      })[0]!
    expect(at(0.02)).toBeCloseTo(at(0.01), 2)
  })

  it('is nothing for a student that is its teacher', () => {
    close(
      values(() => {
        const same = tf.tensor2d(teacher)
        return distillation({ contrastWeight: 0, temperature: 1 })(tf, { student: same, teacher: same }, 2).total!
      }),
      [0],
    )
  })

  it('refuses to go without a teacher', () => {
    const objective = distillation({ contrastWeight: 0, temperature: 1 })
    expect(() => tf.tidy(() => objective(tf, { student: tf.tensor2d(student) }, 2))).toThrow(
      expect.objectContaining({ reason: 'TRAINING_TEACHER_MISSING' }),
    )
  })
})
