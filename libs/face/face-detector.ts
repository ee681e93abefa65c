import type { RgbImage } from '../image/rgb-image.js'
import type { Box, Face } from './face.js'

export interface DetectOptions {
  /** Faces the detector is less sure of are left out, 0..1; each detector has its own default. */
  readonly minScore?: number
  /** At most this many faces, the first of the order below; all by default. */
  readonly maxFaces?: number
  /** Stops the search between two runs of a network; `detect` then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Finds faces. Implementations: face-api (the default, createFaceDetector) and RetinaFace (createRetinaFace). */
export interface FaceDetector {
  /**
   * @param image of any size; one too small to show a face has none
   * @returns the faces, most prominent first (see {@link byProminence}), in pixels of `image`; empty where there is none
   */
  detect(image: RgbImage, options?: DetectOptions): Promise<Face[]>
}

export interface ScoredBox {
  readonly box: Box
  readonly score: number
}

/**
 * Orders faces by score x area, largest first: a picture of a subject is about the face that fills it, not about
 * the sharper small one behind, and a large doubtful box does not come before a sure face.
 */
export function byProminence(one: ScoredBox, other: ScoredBox): number {
  return prominence(other) - prominence(one)
}

function prominence({ box, score }: ScoredBox): number {
  return score * box.width * box.height
}
