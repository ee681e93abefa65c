import { InferenceSession, Tensor } from 'onnxruntime-node'
import pLimit from 'p-limit'
import type { Engine, TensorInfo, Tensor as TensorOfEngine } from './engine.js'
import { sessionOptions } from './session-options.js'

/** Settings of an engine on ONNX Runtime. */
export interface SessionOptions {
  /** Path of the ONNX file, or the file itself. */
  readonly model: string | Uint8Array
  /** Threads of one operator; default: all cores. */
  readonly threads?: number
  /** Execution providers by preference, e.g. ["cuda", "cpu"]; default: the CPU. */
  readonly providers?: readonly string[]
}

/** Runs one network in ONNX Runtime. */
export interface OnnxRuntimeEngine extends Engine {
  /** @param into arrays that take outputs, by name, and become their data; shared memory, where the network runs in another thread */
  run(
    feeds: Readonly<Record<string, TensorOfEngine>>,
    into?: Readonly<Record<string, Float32Array>>,
  ): Promise<Record<string, TensorOfEngine>>
}

/**
 * Loads a network into ONNX Runtime, in the calling thread: `run` computes before it returns, so this is for worker threads.
 * @throws whatever ONNX Runtime says of a file that it refuses
 */
export async function createSessionEngine({ model, threads, providers }: SessionOptions): Promise<OnnxRuntimeEngine> {
  const options = sessionOptions(threads, providers)
  const session =
    typeof model === 'string'
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options)

  const unshared = createCopies()
  // The runtime computes one after the other anyway, and later than it is told to: copies must last until then.
  const inLine = pLimit(1)
  return {
    inputs: session.inputMetadata.map(toTensorInfo),
    outputs: session.outputMetadata.map(toTensorInfo),
    run: (feeds, into = {}) =>
      inLine(async () => {
        const inputs = Object.entries(feeds).map(([name, { data, dims }]) => [
          name,
          new Tensor('float32', unshared(name, data), [...dims]),
        ])
        const results = await session.run(Object.fromEntries(inputs))
        const outputs = Object.entries(results).map(([name, { data, dims, type }]) => {
          if (!(data instanceof Float32Array)) throw new Error(`output ${name} is ${type}, not float32`)
          into[name]?.set(data)
          return [name, { dims, data: into[name] ?? data }]
        })
        return Object.fromEntries(outputs)
      }),
    close: () => session.release(),
  }
}

/** ONNX Runtime takes no shared memory. @returns copies, each overwritten by the next of its name */
function createCopies() {
  const copies = new Map<string, Float32Array>()
  return (name: string, data: Float32Array): Float32Array => {
    if (data.buffer instanceof ArrayBuffer) return data
    const known = copies.get(name)
    const copy = known && known.length >= data.length ? known : new Float32Array(data.length)
    copies.set(name, copy)
    copy.set(data)
    return copy.subarray(0, data.length)
  }
}

function toTensorInfo(info: InferenceSession.ValueMetadata): TensorInfo {
  return {
    name: info.name,
    dims: info.isTensor ? info.shape.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : null)) : [],
  }
}
