import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Engine } from '../../engine/engine.js'

/** An engine on an ONNX Runtime session in the calling thread: for tests that need the numbers and nothing else. */
export async function createSessionEngine(model: Uint8Array): Promise<Engine> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 4 })
  const describe = (metadata: typeof session.inputMetadata) =>
    metadata.map((info) => ({
      name: info.name,
      dims: info.isTensor ? info.shape.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : null)) : [],
    }))
  return {
    inputs: describe(session.inputMetadata),
    outputs: describe(session.outputMetadata),
    async run(feeds) {
      const inputs = Object.entries(feeds).map(([name, { dims, data }]) => [
        name,
        new Tensor('float32', data, [...dims]),
      ])
      const outputs = await session.run(Object.fromEntries(inputs))
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { dims, data }]) => [
          name,
          { dims, data: Float32Array.from(data as Float32Array) },
        ]),
      )
    },
    close: () => session.release(),
  }
}
