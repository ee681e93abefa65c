import type { Preparation } from '../../models/model-card.js'
import type { ChipView } from '../augment.js'
import type { FaceItem } from '../face-item.js'

/** What a loader's thread is started with. */
export interface ChipThreadData {
  readonly preparation: Preparation
}

/**
 * The faces of a batch, each to be shown under some views: decoded once, a crop for each view. A batch is one task because the main
 * thread, busy with a step, hands out the next only when the step is done: a thread with one face at a time would idle meanwhile.
 */
export interface ChipTask {
  readonly draws: readonly { readonly item: FaceItem; readonly views: readonly ChipView[] }[]
  /** Views of each. */
  readonly views: number
}

/** What became of the faces of a batch. */
export interface ChipResult {
  /** Places of those that could be read. */
  readonly kept: readonly number[]
  /** Face resolution of each of these before any view degraded it, see measureFace. */
  readonly resolutions: readonly number[]
  /** For each view their prepared pixels, one face after the other. */
  readonly pixels: readonly Float32Array[]
  /** The others, and why. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
}
