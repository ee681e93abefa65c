import { beforeAll, describe, expect, it } from 'vitest'
import { loadTensorFlow, type TensorFlow } from '../../../libs/engine/tensorflow.js'
import { ints } from '../../../libs/onnx/attributes.js'
import { createExecutor } from '../../../libs/onnx/executor/executor.js'
import { createGraphBuilder } from '../../../libs/onnx/graph-builder.js'
import { noise } from '../../../libs/onnx/testing/noise.js'
import { createRandom } from '../../../libs/random/random.js'
import { createBaseWeights } from './base-weights.js'
import { createFeatureBank } from './feature-bank.js'
import { createHead } from './head.js'
import { distillation, equationOne } from './objective.js'
import { createAdamW, createSgd } from './optimizers.js'
import { createTrainStep, type MicroBatch, trainableVariables } from './train-step.js'

let tf: TensorFlow
beforeAll(async () => {
  tf = await loadTensorFlow()
})

const SUBJECTS = 4
const IMAGE = 3 * 8 * 8

/** [n, 3, 8, 8] -> [n, 6]: convolution, batch norm, PReLU, dense. */
function network() {
  const graph = createGraphBuilder('tiny')
  const image = graph.input('image', ['batch', 3, 8, 8])
  const kernel = graph.floats('conv', [4, 3, 3, 3], noise([108], 1).data)
  const x = graph.node('Conv', [image, kernel], [ints('strides', [2, 2])])
  const norm = ['gamma', 'beta', 'mean'].map((name, index) => graph.floats(name, [4], noise([4], index + 2).data))
  norm.push(graph.floats('variance', [4], Float32Array.of(0.5, 1, 2, 0.8)))
  const normed = graph.node('BatchNormalization', [x, ...norm])
  const active = graph.node('PRelu', [normed, graph.floats('slope', [4, 1, 1], noise([4], 8).data)])
  const weight = graph.floats(
    'fc',
    [36, 6],
    noise([216], 6).data.map((value) => value / 4),
  )
  graph.node('Gemm', [graph.node('Flatten', [active]), weight], [], 'feature')
  graph.output('feature', ['batch', 6])
  return graph.build()
}

/** Subjects as patterns, their images as the pattern with noise; the student sees it with half its contrast and more noise. */
function drawBatch(seed: number, size: number): MicroBatch {
  const [sharp, poor] = [new Float32Array(size * IMAGE), new Float32Array(size * IMAGE)]
  const grain = noise([2, size * IMAGE], seed).data
  const labels = Int32Array.from({ length: size }, (_, index) => (seed + index) % SUBJECTS)
  for (const [index, label] of labels.entries()) {
    const pattern = noise([IMAGE], 1_000 + label).data
    for (let at = 0; at < IMAGE; at++) {
      const where = index * IMAGE + at
      sharp[where] = pattern[at]! + 0.1 * grain[where]!
      poor[where] = 0.5 * pattern[at]! + 0.4 * grain[size * IMAGE + where]!
    }
  }
  const dims = [size, 3, 8, 8]
  return { images: { data: poor, dims }, teacherImages: { data: sharp, dims }, labels }
}

/** The same images, in micro-batches of `size`. */
function split({ images, teacherImages, labels }: MicroBatch, size: number): MicroBatch[] {
  const part = (data: Float32Array, from: number) => ({
    data: data.slice(from * IMAGE, (from + size) * IMAGE),
    dims: [size, 3, 8, 8],
  })
  return Array.from({ length: images.dims[0]! / size }, (_, index) => ({
    images: part(images.data as Float32Array, index * size),
    teacherImages: part(teacherImages!.data as Float32Array, index * size),
    labels: labels!.slice(index * size, (index + 1) * size),
  }))
}

type Method = 't-c' | 'crossres'

function newTraining(method: Method, lambda = 0.1) {
  const student = createExecutor(tf, network(), { batchNorm: 'frozen' })
  const teacher = createExecutor(tf, network(), { batchNorm: 'frozen', trainable: () => false })
  const head = createHead(tf, 6, SUBJECTS, createRandom(1n))
  const base = createBaseWeights(tf, trainableVariables(student))
  const labelled = method === 't-c'
  const variables = trainableVariables(student, labelled ? head : undefined)
  const optimizer = labelled
    ? createSgd(tf, variables, { momentum: 0.9, weightDecay: 1e-5 })
    : createAdamW(tf, variables, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, relative: false })
  const bank = createFeatureBank(16, 6)
  const step = labelled
    ? createTrainStep({
        tf,
        student,
        teacher,
        head,
        optimizer,
        objective: equationOne({ lambda, reduction: 'mean' }),
      })
    : createTrainStep({
        tf,
        student,
        teacher,
        optimizer,
        bank,
        anchor: { base, strength: 0.1 },
        objective: distillation({ contrastWeight: 0.1, temperature: 0.1 }),
      })
  return {
    step,
    teacher,
    bank,
    weights: () => Object.fromEntries([...variables].map(([name, each]) => [name, Float32Array.from(each.dataSync())])),
    dispose() {
      for (const part of [student, teacher, head, base, optimizer]) part.dispose()
    },
  }
}

const RATE = { 't-c': 5e-3, crossres: 5e-3 } as const

function train(method: Method, steps: number, lambda = 0.1) {
  const training = newTraining(method, lambda)
  const losses = Array.from({ length: steps }, (_, step) =>
    training.step([drawBatch(step, 8)], { step, rate: RATE[method] }),
  )
  return { ...training, losses }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe.each(['t-c', 'crossres'] as const)('a training by %s', (method) => {
  it('lowers its losses in 30 steps', () => {
    const { losses, dispose } = train(method, 30)
    const names = method === 't-c' ? ['total', 'classification'] : ['total', 'teacher']
    for (const name of names) {
      const values = losses.map((each) => each[name]!)
      expect(mean(values.slice(-5)), name).toBeLessThan(0.9 * mean(values.slice(0, 5)))
    }
    dispose()
  })

  it('gives the same weights again from the same seed, to the bit', () => {
    const [one, other] = [train(method, 8), train(method, 8)]
    expect(other.weights()).toEqual(one.weights())
    expect(other.losses).toEqual(one.losses)
    one.dispose()
    other.dispose()
  })

  it('keeps no tensors', () => {
    const before = tf.memory().numTensors
    const training = newTraining(method)
    training.step([drawBatch(0, 4), drawBatch(1, 4)], { step: 0, rate: 1e-3 })
    const after = tf.memory().numTensors
    for (const step of [1, 2, 3]) training.step([drawBatch(step, 4), drawBatch(step, 4)], { step, rate: 1e-3 })
    expect(tf.memory().numTensors).toBe(after)
    training.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('moves the student and never the teacher', () => {
    const training = newTraining(method)
    const look = () =>
      tf.tidy(() =>
        training.teacher.run({ image: tf.tensor(noise([2, 3, 8, 8], 9).data, [2, 3, 8, 8]) }, true).feature!.dataSync(),
      )
    const [file, weights, features] = [training.teacher.writeBack(), training.weights(), Float32Array.from(look())]
    for (let step = 0; step < 5; step++) training.step([drawBatch(step, 8)], { step, rate: RATE[method] })
    expect(training.teacher.variables.size).toBe(0)
    expect(training.teacher.writeBack()).toEqual(file)
    expect(Float32Array.from(look())).toEqual(features)
    for (const [name, values] of Object.entries(training.weights())) expect(values, name).not.toEqual(weights[name])
    training.dispose()
  })

  it('stops where the numbers do, names step and batch, and leaves the weights as they were', () => {
    const training = newTraining(method)
    training.step([drawBatch(9, 4)], { step: 6, rate: 1e-3 })
    const before = training.weights()
    const broken = drawBatch(1, 4)
    broken.images.data[5] = Number.NaN
    const tensors = tf.memory().numTensors
    expect(() => training.step([drawBatch(0, 4), broken], { step: 7, rate: 1e-3 })).toThrow(
      expect.objectContaining({
        reason: 'TRAINING_DIVERGED',
        message: expect.stringContaining('step 7, batch 1'),
        metadata: expect.objectContaining({ step: '7', batch: '1' }),
      }),
    )
    expect(training.weights()).toEqual(before)
    expect(tf.memory().numTensors).toBe(tensors)
    training.dispose()
  })
})

describe('accumulation', () => {
  it('of two micro-batches of 4 is one batch of 8', () => {
    const [whole, parts] = [newTraining('t-c'), newTraining('t-c')]
    for (let step = 0; step < 5; step++) {
      const batch = drawBatch(step, 8)
      const one = whole.step([batch], { step, rate: 5e-3 })
      const other = parts.step(split(batch, 4), { step, rate: 5e-3 })
      for (const [name, loss] of Object.entries(one)) expect(other[name], name).toBeCloseTo(loss, 4)
    }
    const [expected, found] = [whole.weights(), parts.weights()]
    for (const [name, values] of Object.entries(expected)) {
      for (const [index, value] of values.entries()) expect(Math.abs(found[name]![index]! - value)).toBeLessThan(1e-5)
    }
    whole.dispose()
    parts.dispose()
  })
})

describe('the teacher', () => {
  it('holds the student the closer the greater lambda is', () => {
    const [loose, tight] = [train('t-c', 20, 0.1), train('t-c', 20, 10)]
    expect(tight.losses.at(-1)!.teacher).toBeLessThan(loose.losses.at(-1)!.teacher! / 2)
    loose.dispose()
    tight.dispose()
  })

  it('may have looked before: its features give the same step', () => {
    const [looking, told] = [newTraining('t-c'), newTraining('t-c')]
    const batch = drawBatch(3, 8)
    const data = tf.tidy(() =>
      told.teacher.run({ image: tf.tensor(batch.teacherImages!.data, [8, 3, 8, 8]) }, false).feature!.dataSync(),
    ) as Float32Array
    const { images, labels } = batch
    looking.step([batch], { step: 0, rate: 1e-2 })
    told.step([{ images, labels: labels!, teacherFeatures: { data, dims: [8, 6] } }], { step: 0, rate: 1e-2 })
    expect(told.weights()).toEqual(looking.weights())
    looking.dispose()
    told.dispose()
  })

  it('fills the bank with what it saw', () => {
    const training = newTraining('crossres')
    training.step([drawBatch(0, 4), drawBatch(1, 4)], { step: 0, rate: 1e-3 })
    expect(training.bank.features().dims).toEqual([8, 6])
    training.dispose()
  })
})

describe('a head alone', () => {
  it('learns while the network stays', () => {
    const student = createExecutor(tf, network(), { batchNorm: 'frozen', trainable: () => false })
    const head = createHead(tf, 6, SUBJECTS, createRandom(1n))
    const variables = trainableVariables(student, head)
    expect([...variables.keys()]).toEqual(['head/weight', 'head/bias'])
    const optimizer = createSgd(tf, variables, { momentum: 0.9, weightDecay: 1e-5 })
    const objective = equationOne({ lambda: 0.1, reduction: 'mean' })
    const step = createTrainStep({ tf, student, head, optimizer, objective })
    const file = student.writeBack()
    const losses = Array.from({ length: 30 }, (_, at) => step([drawBatch(at, 8)], { step: at, rate: 1e-2 }).total!)
    expect(mean(losses.slice(-5))).toBeLessThan(0.9 * mean(losses.slice(0, 5)))
    expect(student.writeBack()).toEqual(file)
    for (const part of [student, head, optimizer]) part.dispose()
  })
})
