import type { FivePoints } from '../face/face.js'
import { chipResolution, cropResolution, faceResolution } from '../face/face-resolution.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { Preparation } from '../models/model-card.js'
import type { KnownFace } from './face-item.js'
import { alignedFace } from './frame-face.js'

/**
 * How many pixels of the picture the shortest side of the plain chip shows: what the embedder tells callers, and chooses networks by.
 * @param face absent: the whole picture
 * @returns in pixels of the source, > 0, not rounded
 * @throws DomainError FACE_LANDMARKS_DEGENERATE
 */
export function measureFace(picture: RgbImage, face: KnownFace | undefined, preparation: Preparation): number {
  const { input, crop } = preparation
  if (crop.kind === 'margin') return face ? faceResolution(face.box) * (1 + crop.margin) : cropResolution(picture)
  if (!alignedFace(face, preparation)) return cropResolution(picture)
  const points = crop.template.map(([x, y]) => ({ x, y })) as unknown as FivePoints
  return chipResolution(face?.landmarks as FivePoints, { width: input.width, height: input.height, points })
}
