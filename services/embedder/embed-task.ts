import type { RgbImage } from '../../libs/image/rgb-image.js'
import type { ModelCard } from '../../libs/models/model-card.js'

/** What running a network takes of its card. */
export type NetworkCard = Pick<ModelCard, 'input' | 'inputName' | 'outputName' | 'dimension'>

/** What an embedding thread is started with. */
export interface EmbedThreadData {
  readonly onnx: Uint8Array
  readonly card: NetworkCard
  /** Threads of one operator. */
  readonly threads: number
}

/** Faces to embed, each of the size of the network's input. */
export interface EmbedTask {
  readonly chips: readonly RgbImage[]
}

/** What the thread of all networks on TensorFlow does; each is told from the others by a number. */
export type TensorFlowTask =
  | { readonly kind: 'load'; readonly network: number; readonly onnx: Uint8Array; readonly card: NetworkCard }
  | { readonly kind: 'run'; readonly network: number; readonly chips: readonly RgbImage[] }
  | { readonly kind: 'close'; readonly network: number }
