import { setFloats } from '../../onnx/tensor-data.js'
import { noise } from '../../onnx/testing/noise.js'
import { smallNetwork } from '../../onnx/testing/small-network.js'
import { writeOnnx } from '../../onnx/write-onnx.js'
import type { ModelCard } from '../model-card.js'
import { anyCard } from './any-card.js'

/**
 * A real network of 8 x 8 pixels and 36 numbers, with its card.
 * @param seed of its biases: other seeds give other versions with other answers
 */
export function smallModel(seed: number, changes: Partial<ModelCard> = {}): { onnx: Uint8Array; card: ModelCard } {
  const model = smallNetwork('n', [-1, 36])
  const bias = model.graph?.initializer.find(({ name }) => name === 'conv/bias')
  if (!bias) throw new Error('the small network has no bias')
  setFloats(bias, noise([4], seed).data)
  const card = anyCard({
    input: { ...anyCard().input, width: 8, height: 8 },
    crop: { kind: 'margin', margin: 0, resize: 8 },
    inputName: 'image',
    outputName: 'feature',
    dimension: 36,
    ...changes,
  })
  return { onnx: writeOnnx(model), card }
}
