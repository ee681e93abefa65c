import type { Tensor, Tf } from '../tensorflow.js'
import { floatType, nativeBackend } from './native-backend.js'

/**
 * max(x, 0), or min(max(x, 0), 6), with TensorFlow's ReluGrad and Relu6Grad, one kernel instead of the five of TF.js's own
 * gradient. It remembers its result instead of its input: the next layer remembers that anyway.
 */
export const relu = (tf: Tf, x: Tensor): Tensor => rectified(tf, x, (input) => tf.relu(input), 'ReluGrad')
export const relu6 = (tf: Tf, x: Tensor): Tensor => rectified(tf, x, (input) => tf.relu6(input), 'Relu6Grad')

function rectified(tf: Tf, x: Tensor, compute: (x: Tensor) => Tensor, gradient: 'ReluGrad' | 'Relu6Grad'): Tensor {
  const backend = nativeBackend(tf)
  const rectify = tf.customGrad((...given) => {
    const [input, save] = given as unknown as [Tensor, (tensors: Tensor[]) => void]
    const value = compute(input)
    save([value])
    const gradFunc = (dy: Tensor, saved: Tensor[]) =>
      backend.executeSingleOutput(gradient, [floatType(backend)], [dy, ...saved])
    return { value, gradFunc }
  })
  return rectify(x)
}

/**
 * x where it is positive, else slope x (He et al. 2015); itself and its gradients in fewer passes than TF.js's own.
 * @param slope broadcasts to the shape of x
 */
export function prelu(tf: Tf, x: Tensor, slope: Tensor): Tensor {
  const backend = nativeBackend(tf)
  const rectify = tf.customGrad((...given) => {
    const [input, factor, save] = given as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void]
    save([input, factor])
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [values, factors] = saved as [Tensor, Tensor]
      const above = backend.executeSingleOutput('ReluGrad', [floatType(backend)], [dy, values])
      const below = tf.sub(dy, above)
      return [tf.add(above, tf.mul(below, factors)), summedTo(tf, tf.mul(below, values), factors.shape)]
    }
    const positive = tf.relu(input)
    return { value: tf.add(positive, tf.mul(tf.sub(input, positive), factor)), gradFunc }
  })
  return rectify(x, slope)
}

/** Sums a tensor over the dimensions along which `shape` was broadcast to it. */
function summedTo(tf: Tf, x: Tensor, shape: number[]): Tensor {
  const missing = x.rank - shape.length
  const axes = x.shape.flatMap((size, axis) =>
    axis < missing || (shape[axis - missing] === 1 && size > 1) ? [axis] : [],
  )
  return tf.reshape(tf.sum(x, axes), shape)
}
