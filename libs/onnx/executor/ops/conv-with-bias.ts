import type { Tensor, Tensor4D, Tf } from '../tensorflow.js'
import { addBias, biasGradient } from './bias.js'
import { floatType, type NativeBackend, oneDnnKernel, withOneDnn } from './native-backend.js'

const KERNEL = '_MklNativeConv2DWithBias'

interface Attributes {
  readonly strides: [number, number]
  readonly pad: 'valid' | 'same'
}

/**
 * A convolution of [n, h, w, c] and its bias in one pass where TensorFlow has oneDNN: the bias then costs nothing. (Of the
 * gradients, oneDNN's in one pass takes longer than both by themselves.)
 * @param filter [h, w, in, out]
 * @param bias [out]
 */
export const convWithBias = (
  tf: Tf,
  x: Tensor4D,
  filter: Tensor4D,
  bias: Tensor,
  { strides, pad }: Attributes,
): Tensor =>
  withOneDnn(
    tf,
    KERNEL,
    () => {
      if (!tf.getKernel(KERNEL, tf.getBackend())) register(tf)
      return tf.engine().runKernel(KERNEL, { x, filter, bias }, { strides, pad }) as Tensor
    },
    () => addBias(tf, tf.conv2d(x, filter, strides, pad), bias),
  )

/**
 * Makes the kernel known to TF.js, whose tape then asks for the gradients that it needs and no others: `tf.customGrad` would
 * compute the picture's too.
 */
function register(tf: Tf): void {
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: tf.getBackend(),
    kernelFunc({ inputs, attrs, backend }) {
      const native = backend as NativeBackend
      const { x, filter, bias } = inputs as unknown as Record<'x' | 'filter' | 'bias', Tensor>
      return native.executeSingleOutput(KERNEL, attributesOf(native, attrs as unknown as Attributes), [x, filter, bias])
    },
  })
  const ofConvolution = tf.getGradient('Conv2D')
  tf.registerGradient({
    kernelName: KERNEL,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attrs) => ({
      ...ofConvolution.gradFunc(dy, saved, { ...attrs, dilations: [1, 1], dataFormat: 'NHWC' }),
      bias: () => biasGradient(tf, dy as Tensor),
    }),
  })
}

function attributesOf(backend: NativeBackend, { strides, pad }: Attributes) {
  const { TF_ATTR_INT, TF_ATTR_STRING } = backend.binding
  return [
    floatType(backend),
    { name: 'strides', type: TF_ATTR_INT, value: [1, ...strides, 1] },
    { name: 'dilations', type: TF_ATTR_INT, value: [1, 1, 1, 1] },
    { name: 'padding', type: TF_ATTR_STRING, value: pad.toUpperCase() },
    { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
    oneDnnKernel(backend),
  ]
}
