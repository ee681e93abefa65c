import type { Preparation } from '../../libs/models/model-card.js'
import type { StageTiming } from '../../libs/telemetry/stage-clock.js'
import type { FaceChip, FaceQuery } from './face-chips.js'

/** What a face thread is started with. */
export interface FaceThreadData {
  /** Paths of the detector's two networks. */
  readonly detector: string
  readonly landmarks: string
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** An encoded picture whose faces are wanted, framed as a model wants them. */
export interface FaceTask {
  readonly file: Uint8Array
  readonly query: FaceQuery
  readonly preparation: Preparation
}

/** The faces of a picture. */
export interface PictureFaces {
  /** Size of the picture in pixels, after its orientation was applied. */
  readonly width: number
  readonly height: number
  readonly faces: readonly FaceChip[]
  /** How long the thread took for what. */
  readonly timings: readonly StageTiming[]
}
