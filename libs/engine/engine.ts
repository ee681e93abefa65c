/** A float32 tensor in row-major order; `data.length` is the product of `dims`. */
export interface Tensor {
  readonly dims: readonly number[]
  readonly data: Float32Array
}

/** Name and declared shape of a network's input or output; `null` is a dimension known only at run time. */
export interface TensorInfo {
  readonly name: string
  readonly dims: readonly (number | null)[]
}

/** What can run a network: ONNX Runtime on the CPU; TensorFlow on the GPU where one is, else on the CPU. */
export const ENGINES = ['onnxruntime', 'tensorflow'] as const

/** One of {@link ENGINES}. */
export type EngineName = (typeof ENGINES)[number]

/** Runs one network. */
export interface Engine {
  readonly inputs: readonly TensorInfo[]
  readonly outputs: readonly TensorInfo[]
  /**
   * Runs the network once.
   * @param feeds one tensor for each input, by name; their buffers may be moved to another thread and must not be used again
   * @returns one tensor for each output, by name
   * @throws when a name or a shape does not fit the network
   */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>
  /** Frees the network; later calls of `run` reject. */
  close(): Promise<void>
}
