import type { Tensor as Pixels } from '../../../libs/engine/engine.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { Executor } from '../../../libs/onnx/executor/executor.js'

/**
 * A network's features, outside of training.
 * @param images [n, c, h, w] or the network's own layout
 * @returns [n, d]
 */
export function featuresOf(tf: TensorFlow, { inputs, outputs, run }: Executor, images: Pixels): Float32Array {
  const features = tf.tidy(() => {
    const input = tf.tensor(images.data, [...images.dims], 'float32')
    return run({ [inputs[0]?.name ?? '']: input }, false)[outputs[0]?.name ?? '']!
  })
  const values = Float32Array.from(features.dataSync())
  features.dispose()
  return values
}
