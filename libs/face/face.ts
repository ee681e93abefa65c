/**
 * A place in a picture, in pixels. (0, 0) is the top-left corner of the top-left pixel, whose centre is (0.5, 0.5): so a point of a
 * picture keeps its place in the face when the picture is scaled, which matters where a face is only 8 px wide.
 */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A rectangle in pixels of the source picture; may be fractional and may reach outside the picture. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Left eye, right eye, nose tip, left and right mouth corner. Left is the left side of the picture, not of the subject. */
export type FivePoints = readonly [leftEye: Point, rightEye: Point, nose: Point, leftMouth: Point, rightMouth: Point]

export interface Face {
  readonly box: Box
  readonly landmarks: FivePoints
  /** How sure the detector is that this is a face, 0..1. */
  readonly score: number
}

/** The centre of mass of at least one point. */
export function meanPoint(points: readonly Point[]): Point {
  const x = points.reduce((sum, point) => sum + point.x, 0)
  const y = points.reduce((sum, point) => sum + point.y, 0)
  return { x: x / points.length, y: y / points.length }
}

/** The box after its picture was scaled by `x` and `y`. */
export function scaleBox(box: Box, x: number, y: number): Box {
  return { x: box.x * x, y: box.y * y, width: box.width * x, height: box.height * y }
}
