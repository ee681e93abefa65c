import type { Tensor, Tf } from '../tensorflow.js'

/** The part of TF.js's native backend through which TensorFlow's own kernels are reached, for which TF.js has no call. */
export interface NativeBackend {
  readonly binding: { readonly [attributeType: `TF_${string}`]: number }
  executeSingleOutput(name: string, attributes: unknown[], inputs: Tensor[]): Tensor
  executeMultipleOutputs(name: string, attributes: unknown[], inputs: Tensor[], outputs: number): Tensor[]
}

export const nativeBackend = (tf: Tf): NativeBackend => tf.backend() as unknown as NativeBackend

/** The attribute that says a kernel computes in float32. */
export const floatType = ({ binding }: NativeBackend, name = 'T') => ({
  name,
  type: binding.TF_ATTR_TYPE,
  value: binding.TF_FLOAT,
})
