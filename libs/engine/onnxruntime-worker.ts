// Runs in a worker thread, because onnxruntime-node computes in the thread that calls it and would hold up every call.
import { parentPort, workerData } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { TensorInfo } from './engine.js'
import type { WorkerData, WorkerReply, WorkerRequest } from './onnxruntime-messages.js'

const port = parentPort
if (!port) throw new Error('onnxruntime-worker runs as a worker thread only')

const { model, threads, providers } = workerData as WorkerData
const options: InferenceSession.SessionOptions = {
  executionProviders: [...providers],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  // Spinning threads would take the cores from decoding and gRPC between two batches.
  extra: { session: { intra_op: { allow_spinning: '0' } } },
  logSeverityLevel: 3,
}
const session =
  typeof model === 'string'
    ? await InferenceSession.create(model, options)
    : await InferenceSession.create(model, options)

const describe = (metadata: typeof session.inputMetadata): TensorInfo[] =>
  metadata.map((info) => ({
    name: info.name,
    dims: info.isTensor ? info.shape.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : null)) : [],
  }))
post({ kind: 'ready', inputs: describe(session.inputMetadata), outputs: describe(session.outputMetadata) })

port.on('message', (request: WorkerRequest) => {
  if (request.kind === 'close') {
    session.release().then(
      () => port.close(),
      () => port.close(),
    )
    return
  }
  run(request).then(post, (error: unknown) =>
    post({ kind: 'failed', id: request.id, message: error instanceof Error ? error.message : String(error) }),
  )
})

async function run({ id, feeds }: Extract<WorkerRequest, { kind: 'run' }>): Promise<WorkerReply> {
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { data, dims }]) => [name, new Tensor('float32', data, [...dims])]),
  )
  const results = await session.run(inputs)
  const outputs = Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => {
      if (!(tensor.data instanceof Float32Array)) throw new Error(`output ${name} is ${tensor.type}, not float32`)
      // The runtime's own memory cannot be moved to another thread: copy.
      return [name, { dims: [...tensor.dims], data: Float32Array.from(tensor.data) }]
    }),
  )
  return { kind: 'done', id, outputs }
}

function post(reply: WorkerReply): void {
  const moved =
    reply.kind === 'done' ? Object.values(reply.outputs).map((tensor) => tensor.data.buffer as ArrayBuffer) : []
  port?.postMessage(reply, moved)
}
