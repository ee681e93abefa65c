import type { FaceRegion } from '../../../gen/crossres/v1/common.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'

/** A face that goes into the gallery, with its place in the picture it is on. */
export interface EnrolledFace {
  readonly subject: string
  /** The encoded picture. */
  readonly picture: Buffer
  readonly region: FaceRegion
  /** The face as the model sees it. */
  readonly chip: RgbImage
}

/** A sharp probe, which the demo degrades. */
export interface Probe {
  readonly subject: string
  /** What the page calls it. */
  readonly label: string
  readonly chip: RgbImage
}

/** What the demo works on, wherever it is from. */
export interface Material {
  /** Where the pictures are from, for the heading. */
  readonly source: string
  readonly enrolled: readonly EnrolledFace[]
  readonly probes: readonly Probe[]
  /** What a reader must know of this material to judge the figures, in sentences. */
  readonly remarks: readonly string[]
}
