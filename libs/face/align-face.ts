import type { RgbImage } from '../image/rgb-image.js'
import type { FivePoints } from './face.js'
import { similarityTransform } from './similarity-transform.js'
import type { AlignmentTemplate } from './templates.js'
import { warpAffine } from './warp.js'

/**
 * The face, upright and in the place a network was trained to see it in: what an aligned model is fed with.
 *
 * @param landmarks in pixels of `image`
 * @returns a picture of the template's size; what lies outside `image` is black
 * @throws DomainError FACE_LANDMARKS_DEGENERATE where the landmarks do not form a face
 */
export function alignFace(image: RgbImage, landmarks: FivePoints, template: AlignmentTemplate): RgbImage {
  const matrix = similarityTransform(landmarks, template.points)
  return warpAffine(image, matrix, template.width, template.height)
}
