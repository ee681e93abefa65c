import type { ModelProto, NodeProto, TensorProto } from '../../gen/onnx.js'
import { DomainError } from '../config/domain-error.js'
import { intOf } from './attributes.js'
import { allNodes, constantTensors } from './graphs.js'

/**
 * Refuses a network that was exported in training mode. Runtimes execute such a file without complaint, but the export has
 * moved the statistics of its batch normalisation, or every batch has its own, and its dropout is random: the embeddings
 * are worthless.
 *
 * Signs (ONNX operator specification): BatchNormalization with more than one output (up to opset 13 only training fills
 * them) or training_mode = 1 (from opset 14); Dropout whose third input, training_mode, is the constant true (from opset 12).
 * @throws DomainError MODEL_TRAINING_EXPORT, which names the nodes and says how to export again
 */
export function checkInference(model: ModelProto): void {
  const constants = constantTensors(model)
  const training = [...allNodes(model)].filter((node) => isTraining(node, constants))
  if (training.length === 0) return
  const kinds = [...new Set(training.map(({ opType }) => opType))].join(' and ')
  const example = training[0]?.name || training[0]?.output[0] || ''
  throw new DomainError(
    'MODEL_TRAINING_EXPORT',
    `The network was exported in training mode: ${training.length} ${kinds} nodes (the first is "${example}") normalise by ` +
      'the batch at hand or drop values, so its embeddings are worthless. Export it again for inference. PyTorch: call ' +
      'model.eval() before torch.onnx.export and leave its argument training at TrainingMode.EVAL, the default.',
    { nodes: String(training.length), first: example },
  )
}

function isTraining(node: NodeProto, constants: ReadonlyMap<string, TensorProto>): boolean {
  switch (node.opType) {
    case 'BatchNormalization':
      return node.output.filter((name) => name !== '').length > 1 || intOf(node, 'training_mode', 0) !== 0
    case 'Dropout':
      return isTrue(constants.get(node.input[2] ?? ''))
    default:
      return false
  }
}

/** Whether a boolean scalar is true; a boolean lies in one raw byte or one int32. */
function isTrue(tensor: TensorProto | undefined): boolean {
  return tensor !== undefined && (tensor.rawData[0] ?? tensor.int32Data[0] ?? 0) !== 0
}
