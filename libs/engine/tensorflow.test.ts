import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import type { Tensor4D } from '@tensorflow/tfjs-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTensorFlow, requireTensorFlow, type TensorFlow } from './tensorflow.js'

describe('loadTensorFlow', () => {
  let tf: TensorFlow
  beforeAll(async () => {
    tf = await loadTensorFlow()
  })

  it('computes on native TensorFlow', () => {
    expect(tf.getBackend()).toBe('tensorflow')
    const sum = tf.tidy(() => tf.add(tf.tensor([1, 2, 3]), tf.tensor([10, 20, 30])).dataSync())
    expect([...sum]).toEqual([11, 22, 33])
  })

  it('runs what TF.js computes by type tests that newer versions of Node lack', () => {
    const { values, indices } = tf.tidy(() => tf.topk(tf.tensor1d([3, 9, 5]), 2))
    expect([...values.dataSync()]).toEqual([9, 5])
    expect([...indices.dataSync()]).toEqual([1, 2])
    tf.dispose([values, indices])
  })

  it('gives the same namespace to everybody', async () => {
    expect(await loadTensorFlow()).toBe(tf)
  })

  it('differentiates conv2d as central differences do', () => {
    const image = tf.randomNormal([2, 6, 6, 3], 0, 1, 'float32', 1) as Tensor4D
    const filter = tf.randomNormal([3, 3, 3, 4], 0, 1, 'float32', 2) as Tensor4D
    // Squared, so that the gradient depends on both; still quadratic in either alone, so that a wide step costs no accuracy.
    const loss = (x: typeof image, w: typeof filter) => tf.mean(tf.square(tf.conv2d(x, w, 2, 'same'))).asScalar()
    const step = 0.25
    const [byImage, byFilter] = tf.grads((x, w) => loss(x as typeof image, w as typeof filter))([image, filter])

    const central = (values: typeof image, index: number, at: (moved: typeof image) => number) => {
      const moved = (by: number) => {
        const data = values.dataSync().slice()
        data[index]! += by
        const tensor = tf.tensor4d(data, values.shape)
        const result = at(tensor)
        tensor.dispose()
        return result
      }
      return (moved(step) - moved(-step)) / (2 * step)
    }
    const scalar = (x: typeof image, w: typeof filter) => tf.tidy(() => loss(x, w).dataSync()[0]!)
    const checks: [analytic: Float32Array, numeric: (index: number) => number][] = [
      [byImage!.dataSync() as Float32Array, (i) => central(image, i, (x) => scalar(x, filter))],
      [byFilter!.dataSync() as Float32Array, (i) => central(filter, i, (w) => scalar(image, w))],
    ]
    for (const [analytic, numeric] of checks) {
      const largest = Math.max(...analytic.map(Math.abs))
      expect(largest).toBeGreaterThan(0.01)
      for (let index = 0; index < analytic.length; index += 7) {
        expect(Math.abs(analytic[index]! - numeric(index)) / largest).toBeLessThan(1e-3)
      }
    }
    tf.dispose([image, filter, byImage!, byFilter!])
  })

  it('keeps no tensor over steps of training', () => {
    const weights = tf.variable(tf.randomNormal([8, 4], 0, 1, 'float32', 3))
    const optimizer = tf.train.momentum(0.01, 0.9)
    const step = () =>
      tf.tidy(() => {
        const input = tf.ones([2, 8])
        optimizer.minimize(() => tf.mean(tf.square(tf.matMul(input, weights as never))).asScalar(), false, [weights])
      })
    step()
    const { numTensors, numBytes } = tf.memory()
    for (let i = 0; i < 20; i++) step()
    expect(tf.memory()).toMatchObject({ numTensors, numBytes })
    optimizer.dispose()
    weights.dispose()
  })
})

describe('loadTensorFlow with other packages', () => {
  const folders: string[] = []
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true })
  })

  /** A `require` that finds packages of these names and main files; the ones with a native part are listed. */
  function requireWith(packages: Record<string, string>, setUp: readonly string[]): NodeJS.Require {
    const folder = mkdtempSync(join(tmpdir(), 'crossres-tensorflow-'))
    folders.push(folder)
    for (const [name, main] of Object.entries(packages)) {
      const home = join(folder, 'node_modules', '@tensorflow', name)
      mkdirSync(setUp.includes(name) ? join(home, 'deps', 'lib') : home, { recursive: true })
      writeFileSync(join(home, 'package.json'), JSON.stringify({ main: 'main.js' }))
      writeFileSync(join(home, 'main.js'), main)
    }
    return createRequire(join(folder, 'here.js'))
  }
  const works = (device: string) => `module.exports = { device: '${device}', ready: async () => {} }`

  it.each([
    ['is absent', createRequire(join(parse(tmpdir()).root, 'here.js'))],
    ['has no native part', requireWith({ 'tfjs-node': works('cpu') }, [])],
  ])('says what to run when the package %s', async (_, require) => {
    await expect(loadTensorFlow({ require, gpu: false })).rejects.toMatchObject({
      reason: 'TENSORFLOW_MISSING',
      message: expect.stringContaining('npm run setup:tensorflow'),
    })
  })

  it('says why a package does not load', async () => {
    const require = requireWith({ 'tfjs-node': 'throw new Error("GLIBC_2.99 not found")' }, ['tfjs-node'])
    await expect(loadTensorFlow({ require, gpu: false })).rejects.toMatchObject({
      reason: 'TENSORFLOW_MISSING',
      message: expect.stringContaining('@tensorflow/tfjs-node cannot be loaded (GLIBC_2.99 not found)'),
    })
  })

  it('is found without being loaded', () => {
    const require = requireWith({ 'tfjs-node': 'throw new Error("loaded")' }, ['tfjs-node'])
    expect(requireTensorFlow({ require, gpu: false })).toMatchObject({ name: '@tensorflow/tfjs-node' })
    const bare = requireWith({ 'tfjs-node': '' }, [])
    expect(() => requireTensorFlow({ require: bare, gpu: false })).toThrow('npm run setup:tensorflow')
  })

  it('takes the GPU where one is and its package is set up, else the CPU', async () => {
    const packages = { 'tfjs-node': works('cpu'), 'tfjs-node-gpu': works('gpu') }
    const both = requireWith(packages, Object.keys(packages))
    const cpuOnly = requireWith(packages, ['tfjs-node'])
    expect(await loadTensorFlow({ require: both, gpu: true })).toHaveProperty('device', 'gpu')
    expect(await loadTensorFlow({ require: both, gpu: false })).toHaveProperty('device', 'cpu')
    expect(await loadTensorFlow({ require: cpuOnly, gpu: true })).toHaveProperty('device', 'cpu')
  })
})
