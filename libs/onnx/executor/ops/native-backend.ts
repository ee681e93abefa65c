import type { Tensor, Tf } from '../tensorflow.js'

/** The part of TF.js's native backend through which TensorFlow's own kernels are reached, for which TF.js has no call. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean
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

/** The attribute by which TensorFlow puts oneDNN's kernels in the place of its own. */
export const oneDnnKernel = ({ binding }: NativeBackend) => ({
  name: '_kernel',
  type: binding.TF_ATTR_STRING,
  value: 'MklNameChangeOp',
})

/** TensorFlow's status where an operator, or a kernel for it, is not there. */
const NOT_FOUND = 'Invalid TF_Status: 5'

const missing = new WeakMap<NativeBackend, Set<string>>()

/**
 * Computes with one of oneDNN's kernels where TensorFlow has it: on CPUs, but not on all of them.
 * @param name of the kernel: one that is missing is not looked for again
 */
export function withOneDnn<T>(tf: Tf, name: string, fast: (backend: NativeBackend) => T, otherwise: () => T): T {
  const backend = nativeBackend(tf)
  const failed = missing.get(backend) ?? new Set()
  if (backend.isUsingGpuDevice || failed.has(name)) return otherwise()
  try {
    return fast(backend)
  } catch (cause) {
    // Whatever else went wrong is no reason to compute otherwise from then on, to other bits.
    if (!String(cause).includes(NOT_FOUND)) throw cause
    missing.set(backend, failed.add(name))
    return otherwise()
  }
}
