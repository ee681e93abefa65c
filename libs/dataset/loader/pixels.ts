import type { Tensor } from '../../engine/engine.js'
import type { ModelCard } from '../../models/model-card.js'

/** Prepared pixels of some pictures as a tensor in the layout of the card. */
export function pixelTensor(data: Float32Array, { width, height, layout }: ModelCard['input']): Tensor {
  const count = data.length / (width * height * 3)
  return { data, dims: layout === 'NCHW' ? [count, 3, height, width] : [count, height, width, 3] }
}
