import type { RgbImage } from '../image/rgb-image.js'
import type { Box, FivePoints } from './face.js'
import { scaleOf, similarityTransform } from './similarity-transform.js'
import type { AlignmentTemplate } from './templates.js'

/**
 * How many pixels a face has, the measure that thresholds and bands go by: the shortest side of its box in pixels of the source
 * picture. A face enlarged before it came here measures too high: only the caller can know, and may state a lower one.
 */
export function faceResolution(box: Box): number {
  return Math.min(box.width, box.height)
}

/** The same for a picture that is all face (a crop): its shortest side in pixels. */
export function cropResolution(image: RgbImage): number {
  return Math.min(image.width, image.height)
}

/**
 * The same for an aligned chip: how many pixels of the source its shortest side shows. A picture degraded to this resolution and
 * one that was that small from the start carry the same detail, so this is the measure to calibrate aligned models by.
 *
 * @throws DomainError FACE_LANDMARKS_DEGENERATE
 */
export function chipResolution(landmarks: FivePoints, template: AlignmentTemplate): number {
  return Math.min(template.width, template.height) / scaleOf(similarityTransform(landmarks, template.points))
}
