import { beforeAll, expect, it } from 'vitest'
import { loadTensorFlow, type TensorFlow } from '../../../libs/engine/tensorflow.js'
import { createBaseWeights } from './base-weights.js'

let tf: TensorFlow
beforeAll(async () => {
  tf = await loadTensorFlow()
})

it('draws weights back to what they were, and puts them in between', () => {
  const weight = tf.variable(tf.tensor1d([1, 2]))
  const before = tf.memory().numTensors
  const base = createBaseWeights(tf, new Map([['weight', weight]]))
  const move = () => tf.tidy(() => weight.assign(tf.tensor1d([5, -2])))

  move()
  base.pull(0.25)
  expect([...weight.dataSync()]).toEqual([4, -1])
  move()
  base.interpolate(0.75)
  expect([...weight.dataSync()]).toEqual([4, -1])
  base.interpolate(1)
  expect([...weight.dataSync()]).toEqual([4, -1])
  base.interpolate(0)
  expect([...weight.dataSync()]).toEqual([1, 2])

  base.dispose()
  expect(tf.memory().numTensors).toBe(before)
})
