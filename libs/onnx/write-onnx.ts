import { ModelProto } from '../../gen/onnx.js'

/**
 * Writes an ONNX file. Equal models give equal bytes.
 * @returns the whole file
 */
export function writeOnnx(model: ModelProto): Uint8Array {
  return ModelProto.encode(model).finish()
}
