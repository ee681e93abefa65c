import type { RgbImage } from '../../libs/image/rgb-image.js'
import type { ModelCard } from '../../libs/models/model-card.js'

/** What an embedding thread is started with. */
export interface EmbedThreadData {
  readonly onnx: Uint8Array
  readonly card: Pick<ModelCard, 'input' | 'inputName' | 'outputName' | 'dimension'>
  /** Threads of one operator. */
  readonly threads: number
}

/** Faces to embed, each of the size of the network's input. */
export interface EmbedTask {
  readonly chips: readonly RgbImage[]
}
