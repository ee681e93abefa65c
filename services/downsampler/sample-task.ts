import type { FaceItem } from '../../libs/dataset/face-item.js'
import type { ChipSettings } from '../../libs/dataset/face-sample.js'

/** What a sample thread is started with. */
export interface SampleThreadData {
  /** Paths of the detector's two networks. */
  readonly detector: string
  readonly landmarks: string
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** A face to make a shard's sample of. */
export interface SampleTask {
  readonly item: FaceItem
  readonly settings: ChipSettings
}
