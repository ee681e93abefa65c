import { DomainError } from '../config/domain-error.js'
import { meanPoint, type Point } from './face.js'

/** A 2x3 affine matrix, row by row: x' = m[0] x + m[1] y + m[2] and y' = m[3] x + m[4] y + m[5]. */
export type Affine = readonly [number, number, number, number, number, number]

/**
 * Below this correlation of the two point sets (1 = the same shape) the points are no face: all in one place, or
 * mirrored (left and right exchanged gives 0.22 for a frontal face). Profiles still reach 0.8.
 */
const LEAST_CORRELATION = 0.3

/**
 * The similarity transform (rotation, uniform scale, translation; no reflection) that brings `from` closest to `to` in
 * the least-squares sense. Source: S. Umeyama, "Least-squares estimation of transformation parameters between two point
 * patterns", PAMI 13(4), 1991. In two dimensions, and with reflections excluded, its SVD is a linear regression in complex numbers.
 *
 * @param from at least two points, in pixels
 * @param to the same number of points, in pixels
 * @returns the matrix that maps a point of `from` near its partner in `to`
 * @throws DomainError FACE_LANDMARKS_DEGENERATE where the points coincide, are mirrored, not finite or not as many
 */
export function similarityTransform(from: readonly Point[], to: readonly Point[]): Affine {
  const { dot, cross, fromSpread, fromCentre, toCentre } = regress(from, to)
  if (!isFaceShaped(from, to)) {
    throw new DomainError(
      'FACE_LANDMARKS_DEGENERATE',
      'The landmarks do not form a face: give the left eye, right eye, nose tip, left and right mouth corner, as seen in the picture, at different places.',
      { points: from.map(({ x, y }) => `${x},${y}`).join(' ') },
    )
  }
  const a = dot / fromSpread
  const b = cross / fromSpread
  return [
    a,
    -b,
    toCentre.x - a * fromCentre.x + b * fromCentre.y,
    b,
    a,
    toCentre.y - b * fromCentre.x - a * fromCentre.y,
  ]
}

/** Whether a similarity transform can bring `from` anywhere near `to`: false for points in one place, mirrored or not finite. */
export function isFaceShaped(from: readonly Point[], to: readonly Point[]): boolean {
  const { dot, cross, fromSpread, toSpread } = regress(from, to)
  // Not finite where there is no spread or a partner is missing: the comparison is false then.
  return from.length === to.length && Math.hypot(dot, cross) / Math.sqrt(fromSpread * toSpread) >= LEAST_CORRELATION
}

function regress(from: readonly Point[], to: readonly Point[]) {
  const fromCentre = meanPoint(from)
  const toCentre = meanPoint(to)
  let dot = 0
  let cross = 0
  let fromSpread = 0
  let toSpread = 0
  for (const [i, point] of from.entries()) {
    const partner = to[i] ?? { x: Number.NaN, y: Number.NaN }
    const x = point.x - fromCentre.x
    const y = point.y - fromCentre.y
    const u = partner.x - toCentre.x
    const v = partner.y - toCentre.y
    dot += x * u + y * v
    cross += x * v - y * u
    fromSpread += x * x + y * y
    toSpread += u * u + v * v
  }
  return { dot, cross, fromSpread, toSpread, fromCentre, toCentre }
}

/** How much longer a line gets under `matrix`. */
export function scaleOf([a, b, , d, e]: Affine): number {
  return Math.sqrt(Math.abs(a * e - b * d))
}

/** The place of `point` under `matrix`. */
export function transformPoint(matrix: Affine, point: Point): Point {
  const [a, b, c, d, e, f] = matrix
  return { x: a * point.x + b * point.y + c, y: d * point.x + e * point.y + f }
}

/**
 * The matrix that undoes `matrix`.
 * @throws DomainError FACE_LANDMARKS_DEGENERATE where it flattens the plane (determinant 0 or not finite)
 */
export function invertAffine(matrix: Affine): Affine {
  const [a, b, c, d, e, f] = matrix
  const determinant = a * e - b * d
  if (determinant === 0 || !Number.isFinite(determinant)) {
    throw new DomainError(
      'FACE_LANDMARKS_DEGENERATE',
      'The alignment of this face has no inverse: its landmarks coincide.',
    )
  }
  return [
    e / determinant,
    -b / determinant,
    (b * f - c * e) / determinant,
    -d / determinant,
    a / determinant,
    (c * d - a * f) / determinant,
  ]
}
