import { Worker } from 'node:worker_threads'
import { DomainError } from '../config/domain-error.js'
import { workerFile } from '../config/worker-file.js'
import type { Tensor } from './engine.js'
import type { WorkerReply, WorkerRequest } from './onnxruntime-messages.js'
import type { OnnxRuntimeEngine, SessionOptions } from './session-engine.js'

interface Waiting {
  resolve(outputs: Record<string, Tensor>): void
  reject(error: Error): void
}

/**
 * Loads a network into ONNX Runtime, in a thread of its own.
 * @throws DomainError MODEL_LOAD_FAILED when ONNX Runtime refuses the file
 */
export async function createOnnxRuntimeEngine(options: SessionOptions): Promise<OnnxRuntimeEngine> {
  const worker = new Worker(workerFile(import.meta.url, './onnxruntime-worker.js'), { workerData: options })
  const waiting = new Map<number, Waiting>()
  let ended: Error | undefined
  let nextId = 0

  const ready = await new Promise<Extract<WorkerReply, { kind: 'ready' }>>((resolve, reject) => {
    const failed = (cause: unknown) =>
      reject(
        new DomainError(
          'MODEL_LOAD_FAILED',
          `ONNX Runtime cannot load the network: ${cause instanceof Error ? cause.message : String(cause)}`,
          {},
          cause,
        ),
      )
    worker.once('error', failed)
    worker.once('message', (reply: WorkerReply) => {
      worker.off('error', failed)
      if (reply.kind === 'ready') resolve(reply)
      else failed(new Error('unexpected first message'))
    })
  })

  const end = (error: Error) => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', () => end(new Error('the engine is closed')))
  worker.on('message', (reply: WorkerReply) => {
    if (reply.kind === 'ready') return
    const call = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (waiting.size === 0) worker.unref()
    if (reply.kind === 'done') call?.resolve(reply.outputs)
    else call?.reject(new DomainError('ENGINE_RUN_FAILED', `The network could not be run: ${reply.message}`))
  })
  // An idle engine must not keep a process alive; whoever waits for a run does.
  worker.unref()

  return {
    inputs: ready.inputs,
    outputs: ready.outputs,
    run(feeds, into) {
      if (ended) return Promise.reject(ended)
      const id = nextId++
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        worker.ref()
        const request: WorkerRequest = { kind: 'run', id, feeds, ...(into ? { into } : {}) }
        // Buffers that others share, or that hold more than the tensor, are copied; the rest move.
        const moved = Object.values(feeds)
          .map((tensor) => tensor.data)
          .filter((data) => data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength)
          .map((data) => data.buffer as ArrayBuffer)
        worker.postMessage(request, moved)
      })
    },
    async close() {
      if (ended) return
      ended = new Error('the engine is closed')
      worker.ref()
      const request: WorkerRequest = { kind: 'close' }
      worker.postMessage(request)
      await new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    },
  }
}
