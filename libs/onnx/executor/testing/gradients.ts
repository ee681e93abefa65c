import { expect } from 'vitest'
import type { TensorFlow } from '../../../engine/tensorflow.js'
import { noise } from '../../testing/noise.js'
import { createExecutor } from '../executor.js'
import type { Tensor, Variable } from '../tensorflow.js'
import { type Case, feedsFor, modelOf } from './compare.js'

/** Small against the values (about 1), large against float32's rounding (6e-8). */
const STEP = 2e-3

/** Values tried in each tensor. */
const SAMPLES = 8

/**
 * Checks gradients by all inputs and all variables against central differences, within 1e-2 of the largest gradient of the
 * tensor. The loss is a weighted sum of the output with fixed random weights, summed in double precision for the differences.
 */
export function expectGradients(tf: TensorFlow, test: Case): void {
  const model = modelOf(test)
  const executor = createExecutor(tf, model, test.options ?? { batchNorm: 'frozen' })
  const feeds = Object.fromEntries(
    Object.entries(feedsFor(test)).map(([name, { data, dims }]) => [
      name,
      tf.tidy(() => tf.variable(tf.tensor(data, [...dims]))) as Variable,
    ]),
  )
  const run = () => executor.run(feeds, true).y as Tensor
  const first = tf.tidy(run)
  const weights = noise(first.shape, 3)
  first.dispose()
  const before = tf.memory().numTensors
  const by = [...Object.entries(feeds), ...[...executor.variables].filter(([, variable]) => variable.trainable)]

  const { grads, value } = tf.variableGrads(
    () => tf.sum(tf.mul(run(), tf.tensor(weights.data, [...weights.dims]))).asScalar(),
    by.map(([, variable]) => variable),
  )
  const loss = () => {
    const y = tf.tidy(run)
    const values = y.dataSync() as Float32Array
    y.dispose()
    return values.reduce((sum, one, index) => sum + one * weights.data[index]!, 0)
  }
  for (const [name, variable] of by) {
    const found = grads[variable.name]!.dataSync()
    expect(grads[variable.name]?.shape, name).toEqual(variable.shape)
    const largest = (found as Float32Array).reduce((max, gradient) => Math.max(max, Math.abs(gradient)), 1e-3)
    const stride = Math.max(1, Math.floor(found.length / SAMPLES))
    for (let index = 0; index < found.length; index += stride) {
      const expected = centralDifference(tf, variable, index, loss)
      expect(
        Math.abs(found[index]! - expected) / largest,
        `${name}[${index}]: ${found[index]}, ${expected}`,
      ).toBeLessThan(1e-2)
    }
  }

  tf.dispose([grads, value])
  expect(tf.memory().numTensors).toBe(before)
  tf.dispose(feeds)
  executor.dispose()
}

function centralDifference(tf: TensorFlow, variable: Variable, index: number, loss: () => number): number {
  const original = variable.dataSync().slice() as Float32Array
  const at = (by: number) => {
    const moved = original.slice()
    moved[index]! += by
    tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)))
    return [loss(), moved[index]!] as const
  }
  const [above, high] = at(STEP)
  const [below, low] = at(-STEP)
  at(0)
  // The step that float32 really took.
  return (above - below) / (high - low)
}
