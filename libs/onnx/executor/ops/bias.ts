import type { Tensor, Tf } from '../tensorflow.js'
import { floatType, nativeBackend } from './native-backend.js'

/** Adds a bias to the last axis with TensorFlow's BiasAdd and BiasAddGrad, faster than an addition that broadcasts. */
export function addBias(tf: Tf, x: Tensor, bias: Tensor): Tensor {
  const backend = nativeBackend(tf)
  const attributes = [floatType(backend), { name: 'data_format', type: backend.binding.TF_ATTR_STRING, value: 'NHWC' }]
  const add = tf.customGrad((...given) => {
    const [input, offset] = given as Tensor[]
    const value = backend.executeSingleOutput('BiasAdd', attributes, [input!, offset!])
    const gradFunc = (dy: Tensor) => [
      // The tape frees each gradient by itself.
      tf.clone(dy),
      backend.executeSingleOutput('BiasAddGrad', attributes, [dy]),
    ]
    return { value, gradFunc }
  })
  return add(x, bias)
}
