import { type FivePoints, meanPoint, type Point } from './face.js'

/** Where a network wants the five points of a face: chips of `width` x `height` pixels. */
export interface AlignmentTemplate {
  readonly width: number
  readonly height: number
  readonly points: FivePoints
}

/**
 * The 112x112 chip of ArcFace and most networks trained after it (MobileFaceNet, AdaFace ...).
 * Source: InsightFace's published five points.
 */
export const ARCFACE_TEMPLATE: AlignmentTemplate = {
  width: 112,
  height: 112,
  points: [
    { x: 38.2946, y: 51.6963 },
    { x: 73.5318, y: 51.5014 },
    { x: 56.0252, y: 71.7366 },
    { x: 41.5493, y: 92.3655 },
    { x: 70.7299, y: 92.2041 },
  ],
}

/**
 * Points of dlib's mean face, 0..1 over the box of the inner 51 of 68 points.
 * Source: the constants in dlib's image_transforms/interpolation.h (get_face_chip_details).
 */
const LEFT_EYE_CONTOUR: readonly Point[] = [
  { x: 0.121737, y: 0.216423 },
  { x: 0.187122, y: 0.178758 },
  { x: 0.265825, y: 0.179852 },
  { x: 0.334606, y: 0.231733 },
  { x: 0.260918, y: 0.245099 },
  { x: 0.182743, y: 0.244077 },
]
const RIGHT_EYE_CONTOUR: readonly Point[] = [
  { x: 0.645647, y: 0.231733 },
  { x: 0.714428, y: 0.179852 },
  { x: 0.793132, y: 0.178758 },
  { x: 0.858516, y: 0.216423 },
  { x: 0.79751, y: 0.244077 },
  { x: 0.719335, y: 0.245099 },
]
const NOSE_TIP: Point = { x: 0.490127, y: 0.515625 }
const LEFT_MOUTH_CORNER: Point = { x: 0.254149, y: 0.780233 }
const RIGHT_MOUTH_CORNER: Point = { x: 0.726104, y: 0.780233 }

/**
 * dlib's face chip, which the default model wants. An eye is the mean of its six contour points, the nose tip is point 30
 * and the mouth corners are points 48 and 54 of the 68.
 *
 * @param size side of the square chip in pixels
 * @param padding room around the mean face, as a share of its size
 */
export function dlibChipTemplate(size = 150, padding = 0.25): AlignmentTemplate {
  const place = ({ x, y }: Point): Point => ({
    x: ((padding + x) / (2 * padding + 1)) * size,
    y: ((padding + y) / (2 * padding + 1)) * size,
  })
  return {
    width: size,
    height: size,
    points: [
      place(meanPoint(LEFT_EYE_CONTOUR)),
      place(meanPoint(RIGHT_EYE_CONTOUR)),
      place(NOSE_TIP),
      place(LEFT_MOUTH_CORNER),
      place(RIGHT_MOUTH_CORNER),
    ],
  }
}
