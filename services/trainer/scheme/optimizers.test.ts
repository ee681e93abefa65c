import { beforeAll, describe, expect, it } from 'vitest'
import { loadTensorFlow, type TensorFlow } from '../../../libs/engine/tensorflow.js'
import { noise } from '../../../libs/onnx/testing/noise.js'
import { createAdamW, createSgd, type Optimizer } from './optimizers.js'

let tf: TensorFlow
beforeAll(async () => {
  tf = await loadTensorFlow()
})

type Variables = ReadonlyMap<string, ReturnType<TensorFlow['variable']>>
const sgd = (variables: Variables) => createSgd(tf, variables, { momentum: 0.9, weightDecay: 0.01 })
const adamW = (variables: Variables) =>
  createAdamW(tf, variables, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05, relative: false })

const newVariables = (): Variables =>
  new Map([
    ['conv', tf.tidy(() => tf.variable(tf.tensor(noise([2, 3], 1).data, [2, 3])))],
    ['bias', tf.tidy(() => tf.variable(tf.tensor(noise([4], 2).data, [4])))],
  ])
const gradientsAt = (step: number) => ({ conv: noise([2, 3], 100 + step).data, bias: noise([4], 200 + step).data })
const weights = (variables: Variables) => [...variables.values()].flatMap((variable) => [...variable.dataSync()])
const rateAt = (step: number) => 0.1 / (1 + step)

function steps(optimizer: Optimizer, from: number, to: number): void {
  for (let step = from; step < to; step++) {
    const { conv, bias } = gradientsAt(step)
    const gradients = new Map([
      ['conv', tf.tensor(conv, [2, 3])],
      ['bias', tf.tensor(bias, [4])],
    ])
    optimizer.apply(gradients, rateAt(step))
    tf.dispose([...gradients.values()])
  }
}

/** Five steps of one weight in doubles, by a rule written down beside the one under test. */
type Rule = (weight: number, gradients: readonly number[]) => number
const bySgd: Rule = (start, gradients) => {
  let [weight, velocity] = [start, 0]
  for (const [step, gradient] of gradients.entries()) {
    const whole = gradient + 0.01 * weight
    velocity = step === 0 ? whole : 0.9 * velocity + whole
    weight -= rateAt(step) * velocity
  }
  return weight
}
const byAdamW: Rule = (start, gradients) => {
  let weight = start
  for (const step of gradients.keys()) {
    // Both moments as the sums that their recursions unfold to.
    const moment = (beta: number, power: number) => {
      const past = gradients.slice(0, step + 1)
      const sum = past.reduce((total, value, index) => total + beta ** (step - index) * value ** power, 0)
      return ((1 - beta) * sum) / (1 - beta ** (step + 1))
    }
    const decayed = weight - rateAt(step) * 0.05 * weight
    weight = decayed - (rateAt(step) * moment(0.9, 1)) / (Math.sqrt(moment(0.999, 2)) + 1e-8)
  }
  return weight
}

describe.each([
  ['createSgd', sgd, bySgd],
  ['createAdamW', adamW, byAdamW],
] as const)('%s', (_, create, rule) => {
  it('takes the steps of its rule', () => {
    const variables = newVariables()
    const start = weights(variables)
    const optimizer = create(variables)
    steps(optimizer, 0, 5)
    const gradients = [0, 1, 2, 3, 4].map((step) => Object.values(gradientsAt(step)).flatMap((data) => [...data]))
    const expected = start.map((weight, index) =>
      rule(
        weight,
        gradients.map((all) => all[index]!),
      ),
    )
    for (const [index, weight] of weights(variables).entries()) expect(weight).toBeCloseTo(expected[index]!, 5)
    optimizer.dispose()
  })

  it('goes on from a saved state to the very same bits', () => {
    const unbroken = newVariables()
    const first = create(unbroken)
    steps(first, 0, 4)
    const saved = structuredClone(first.state())
    const resumed = new Map(
      [...unbroken].map(([name, variable]) => [name, tf.tidy(() => tf.variable(tf.clone(variable)))]),
    )
    steps(first, 4, 8)

    const second = create(resumed)
    second.restore(saved)
    steps(second, 4, 8)
    expect(weights(resumed)).toEqual(weights(unbroken))
    expect(second.state()).toEqual(first.state())
  })

  it('depends on what it remembers: without the state, the weights differ', () => {
    const [one, other] = [newVariables(), newVariables()]
    const first = create(one)
    steps(first, 0, 4)
    for (const [name, variable] of other) variable.assign(one.get(name)!.clone())
    steps(first, 4, 5)
    steps(create(other), 4, 5)
    expect(weights(other)).not.toEqual(weights(one))
  })

  it('leaves a variable without a gradient alone', () => {
    const variables = newVariables()
    const before = weights(variables)
    const optimizer = create(variables)
    const conv = tf.ones([2, 3])
    optimizer.apply(new Map([['conv', conv]]), 0.1)
    expect(weights(variables).slice(6)).toEqual(before.slice(6))
    expect(weights(variables).slice(0, 6)).not.toEqual(before.slice(0, 6))
  })

  it('keeps no tensor of a step, and frees its own', () => {
    const variables = newVariables()
    const before = tf.memory().numTensors
    const optimizer = create(variables)
    steps(optimizer, 0, 1)
    const after = tf.memory().numTensors
    steps(optimizer, 1, 5)
    expect(tf.memory().numTensors).toBe(after)
    optimizer.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuses the state of another training, and keeps its own', () => {
    const optimizer = create(newVariables())
    steps(optimizer, 0, 2)
    const state = optimizer.state()
    const { [Object.keys(state)[0]!]: _first, ...missing } = state
    for (const wrong of [missing, { ...state, 'first/other': Float32Array.of(1) }]) {
      expect(() => optimizer.restore(wrong)).toThrow(expect.objectContaining({ reason: 'TRAINING_STATE_MISMATCH' }))
    }
    expect(optimizer.state()).toEqual(state)
  })
})

describe('createAdamW, relative', () => {
  it("moves each tensor by a share of its own root mean square, and an empty one as if it were of Adafactor's smallest size", () => {
    const sizes = { large: 20, small: 0.02, none: 0 }
    const variables = new Map(
      Object.entries(sizes).map(([name, size]) => [name, tf.tidy(() => tf.variable(tf.tensor([size, -size])))]),
    )
    const optimizer = createAdamW(tf, variables, {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-12,
      weightDecay: 0,
      relative: true,
    })
    optimizer.apply(new Map([...variables.keys()].map((name) => [name, tf.tensor([3, 3])])), 0.01)
    for (const [name, size] of Object.entries(sizes)) {
      // The first step of Adam is the sign of the gradient.
      const moved = size - (variables.get(name)?.dataSync()[0] ?? Number.NaN)
      expect(moved / (0.01 * Math.max(size, 1e-3)), name).toBeCloseTo(1, 2)
    }
  })
})
