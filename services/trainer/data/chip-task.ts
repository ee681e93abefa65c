import type { ChipView } from '../../../libs/dataset/augment.js'
import type { FaceItem } from '../../../libs/dataset/face-item.js'
import type { Preparation } from '../../../libs/models/model-card.js'

/** What a loader's thread is started with. */
export interface ChipThreadData {
  readonly preparation: Preparation
}

/** A face to show under some views: decoded once, a crop for each view. */
export interface ChipTask {
  readonly item: FaceItem
  readonly views: readonly ChipView[]
}

/** The prepared pixels of all views, one after the other, or why there are none. */
export type ChipResult =
  | { readonly pixels: Float32Array }
  | { readonly skipped: { readonly path: string; readonly reason: string } }
