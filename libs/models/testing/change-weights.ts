import { readOnnx } from '../../onnx/read-onnx.js'
import { DATA_TYPE, floatsOf, setFloats } from '../../onnx/tensor-data.js'
import { noise } from '../../onnx/testing/noise.js'
import { writeOnnx } from '../../onnx/write-onnx.js'

/** @returns the same network with noise of this share added to every weight: another version that answers almost the same */
export function changeWeights(onnx: Uint8Array, share: number): Uint8Array {
  const model = readOnnx(onnx)
  for (const [seed, tensor] of (model.graph?.initializer ?? []).entries()) {
    // Matrices and kernels alone: some graphs keep their arithmetic's constants beside them.
    if (tensor.dataType !== DATA_TYPE.float || tensor.dims.length < 2) continue
    const values = floatsOf(tensor)
    const { data } = noise([values.length], seed)
    setFloats(
      tensor,
      values.map((value, i) => value * (1 + share * (data[i] as number))),
    )
  }
  return writeOnnx(model)
}
