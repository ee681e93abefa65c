import { type Box, type FivePoints, meanPoint, type Point } from './face.js'

/**
 * The partner of each point in the mirror image, for the 68 points of iBUG 300-W (Sagonas et al. 2013): jaw 0-16, brows 17-26,
 * nose 27-35, eyes 36-47 (six each, the picture's left one first), mouth 48-67.
 */
// biome-ignore format: one line a part of the face
export const MIRRORED_68: readonly number[] = [
  16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
  26, 25, 24, 23, 22, 21, 20, 19, 18, 17,
  27, 28, 29, 30, 35, 34, 33, 32, 31,
  45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
  54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
]

/** The five points that alignment needs: an eye is the mean of its contour, as in the template of dlib's chip. */
export function fivePoints(points: readonly Point[]): FivePoints {
  return [meanPoint(points.slice(36, 42)), meanPoint(points.slice(42, 48)), points[30]!, points[48]!, points[54]!]
}

/** The 68 points reach from the chin to the brows only: this share of a face box (hairline to chin). Measured on LFW against RetinaFace. */
const BROW_TO_CHIN = 0.74

/** The box from jaw to jaw and from chin to hairline of an upright face. */
export function faceBox(points: readonly Point[]): Box {
  const left = Math.min(...points.map(({ x }) => x))
  const right = Math.max(...points.map(({ x }) => x))
  const brows = Math.min(...points.map(({ y }) => y))
  const chin = Math.max(...points.map(({ y }) => y))
  const height = (chin - brows) / BROW_TO_CHIN
  return { x: left, y: chin - height, width: right - left, height }
}
