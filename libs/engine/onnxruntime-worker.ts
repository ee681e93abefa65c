// Runs in a worker thread, because onnxruntime-node computes in the thread that calls it and would hold up every call.
import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerReply, WorkerRequest } from './onnxruntime-messages.js'
import { createSessionEngine, type SessionOptions } from './session-engine.js'

const port = parentPort
if (!port) throw new Error('onnxruntime-worker runs as a worker thread only')

const engine = await createSessionEngine(workerData as SessionOptions)
post({ kind: 'ready', inputs: [...engine.inputs], outputs: [...engine.outputs] })

port.on('message', (request: WorkerRequest) => {
  if (request.kind === 'close') {
    const end = () => port.close()
    engine.close().then(end, end)
    return
  }
  const { id, feeds, into } = request
  engine.run(feeds, into).then(
    (outputs) => post({ kind: 'done', id, outputs }),
    (error: unknown) => post({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error) }),
  )
})

function post(reply: WorkerReply): void {
  const buffers = reply.kind === 'done' ? Object.values(reply.outputs).map(({ data }) => data.buffer) : []
  port?.postMessage(
    reply,
    buffers.filter((buffer) => buffer instanceof ArrayBuffer),
  )
}
