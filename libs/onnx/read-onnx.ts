import { ModelProto, type TensorProto, TensorProto_DataLocation } from '../../gen/onnx.js'
import { DomainError } from '../config/domain-error.js'
import { allGraphs } from './graphs.js'

/**
 * Reads an ONNX file. Fields that libs/onnx/proto/onnx.proto does not model are kept and written back by `writeOnnx`.
 * @param bytes the whole file
 * @returns the model; its tensors are copies, `bytes` may be reused
 * @throws DomainError MODEL_CORRUPT when the bytes are no ONNX model, MODEL_EXTERNAL_DATA when its weights lie in other files
 */
export function readOnnx(bytes: Uint8Array): ModelProto {
  const model = decode(bytes)
  // A truncated or foreign file often still parses as protobuf: these three every ONNX model must have.
  const missing = model.irVersion <= 0n || !model.graph?.node.length || model.opsetImport.length === 0
  if (missing) {
    throw new DomainError(
      'MODEL_CORRUPT',
      'The file is no ONNX model: it has no IR version, no operator set or no graph. Export the network again.',
    )
  }
  for (const graph of allGraphs(model)) for (const tensor of graph.initializer) requireInside(tensor)
  return model
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return ModelProto.decode(bytes)
  } catch (cause) {
    throw new DomainError(
      'MODEL_CORRUPT',
      `The file is damaged or no ONNX model: its protobuf ends or breaks within ${bytes.length} bytes. Copy or export it again.`,
      { size: String(bytes.length) },
      cause,
    )
  }
}

function requireInside(tensor: TensorProto): void {
  if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) return
  const file = tensor.externalData.find((entry) => entry.key === 'location')?.value ?? 'another file'
  throw new DomainError(
    'MODEL_EXTERNAL_DATA',
    `The weight "${tensor.name}" lies outside the ONNX file, in "${file}". Save the model as one file ` +
      '(onnx.save(model, path, save_as_external_data=False), or torch.onnx.export with external_data=False).',
    { tensor: tensor.name, file },
  )
}
