import { availableParallelism } from 'node:os'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Engine, TensorInfo } from './engine.js'

/** Settings of an engine on ONNX Runtime. */
export interface SessionOptions {
  /** Path of the ONNX file, or the file itself. */
  readonly model: string | Uint8Array
  /** Threads of one operator; default: all cores. */
  readonly threads?: number
  /** Execution providers by preference, e.g. ["cuda", "cpu"]; default: the CPU. */
  readonly providers?: readonly string[]
}

/**
 * Loads a network into ONNX Runtime, in the calling thread: `run` computes before it returns, so this is for worker threads.
 * @throws whatever ONNX Runtime says of a file that it refuses
 */
export async function createSessionEngine({ model, threads, providers }: SessionOptions): Promise<Engine> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [...(providers ?? ['cpu'])],
    intraOpNumThreads: threads ?? availableParallelism(),
    interOpNumThreads: 1,
    // Spinning threads would take the cores from decoding and gRPC between two batches.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: 3,
  }
  const session =
    typeof model === 'string'
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options)

  return {
    inputs: session.inputMetadata.map(toTensorInfo),
    outputs: session.outputMetadata.map(toTensorInfo),
    async run(feeds) {
      const inputs = Object.entries(feeds).map(([name, { data, dims }]) => [
        name,
        new Tensor('float32', data, [...dims]),
      ])
      const results = await session.run(Object.fromEntries(inputs))
      const outputs = Object.entries(results).map(([name, { data, dims, type }]) => {
        if (!(data instanceof Float32Array)) throw new Error(`output ${name} is ${type}, not float32`)
        // The runtime's own memory does not outlive the next run.
        return [name, { dims, data: Float32Array.from(data) }]
      })
      return Object.fromEntries(outputs)
    },
    close: () => session.release(),
  }
}

function toTensorInfo(info: InferenceSession.ValueMetadata): TensorInfo {
  return {
    name: info.name,
    dims: info.isTensor ? info.shape.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : null)) : [],
  }
}
