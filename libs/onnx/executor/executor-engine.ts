import type { Engine } from '../../engine/engine.js'
import type { TensorFlow } from '../../engine/tensorflow.js'
import { readOnnx } from '../read-onnx.js'
import { createExecutor } from './executor.js'

/**
 * Loads a network into TensorFlow, in the calling thread: `run` computes before it returns, so this is for worker threads. Of them one
 * at a time may have TensorFlow.
 * @throws DomainError as createExecutor does
 */
export function createExecutorEngine(tf: TensorFlow, onnx: Uint8Array): Engine {
  const executor = createExecutor(tf, readOnnx(onnx), { batchNorm: 'folded', trainable: () => false })
  const { inputs, outputs } = executor
  return {
    inputs,
    outputs,
    async run(feeds) {
      return tf.tidy(() => {
        const given = Object.entries(feeds).map(([name, { data, dims }]) => [
          name,
          tf.tensor(data, [...dims], 'float32'),
        ])
        const results = Object.entries(executor.run(Object.fromEntries(given), false))
        return Object.fromEntries(
          results.map(([name, tensor]) => [name, { dims: tensor.shape, data: Float32Array.from(tensor.dataSync()) }]),
        )
      })
    },
    async close() {
      executor.dispose()
    },
  }
}
