import type { KnownFace } from '../../../libs/dataset/face-item.js'
import type { Box } from '../../../libs/face/face.js'

/** What a thread that finds faces is started with. */
export interface LocateThreadData {
  /** Paths of the detector's two networks. */
  readonly detector: string
  readonly landmarks: string
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** A picture whose face is wanted. */
export interface LocateTask {
  readonly id: string
  readonly file: string
  /** Where the data set says that the face is; its landmarks are wanted. Absent: the most prominent face. */
  readonly box?: Box
}

/** The face, or why there is none. */
export type LocatedFace = { readonly face: KnownFace } | { readonly reason: string }
