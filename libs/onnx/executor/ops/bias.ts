import type { Tensor, Tf } from '../tensorflow.js'
import { floatType, type NativeBackend, nativeBackend } from './native-backend.js'

/** Adds a bias to the last axis with TensorFlow's BiasAdd and BiasAddGrad, faster than an addition that broadcasts. */
export function addBias(tf: Tf, x: Tensor, bias: Tensor): Tensor {
  const backend = nativeBackend(tf)
  const add = tf.customGrad((...given) => {
    const [input, offset] = given as Tensor[]
    const value = backend.executeSingleOutput('BiasAdd', attributesOf(backend), [input!, offset!])
    const gradFunc = (dy: Tensor) => [
      // The tape frees each gradient by itself.
      tf.clone(dy),
      biasGradient(tf, dy),
    ]
    return { value, gradFunc }
  })
  return add(x, bias)
}

/** The gradient of a bias of the last axis: dy summed over all others. */
export function biasGradient(tf: Tf, dy: Tensor): Tensor {
  const backend = nativeBackend(tf)
  return backend.executeSingleOutput('BiasAddGrad', attributesOf(backend), [dy])
}

const attributesOf = (backend: NativeBackend) => [
  floatType(backend),
  { name: 'data_format', type: backend.binding.TF_ATTR_STRING, value: 'NHWC' },
]
