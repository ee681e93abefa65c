import type { Engine } from '../engine/engine.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { Box, Face, FivePoints, Point } from './face.js'
import { byProminence, type FaceDetector, type ScoredBox } from './face-detector.js'
import { LANDMARK_TEMPLATE, landmarkFrame, locateLandmarks } from './landmark-net.js'
import { faceBox, fivePoints } from './landmarks-68.js'
import { containment, intersectionOverUnion, nonMaximumSuppression } from './non-maximum-suppression.js'
import {
  type Affine,
  invertAffine,
  isFaceShaped,
  scaleOf,
  similarityTransform,
  transformPoint,
} from './similarity-transform.js'
import type { AlignmentTemplate } from './templates.js'
import { findTinyFaces, runTinyFaceDetector } from './tiny-face-detector.js'
import { warpAffine } from './warp.js'

export interface FaceDetectorParts {
  /** face-api's tiny face detector: `image` [n, 3, h, w] -> `grid` [n, 25, h / 32, w / 32]. */
  readonly detector: Engine
  /** face-api's 68 landmarks: `image` [n, 3, 112, 112] -> `points` [n, 136]. */
  readonly landmarks: Engine
  readonly options?: FaceDetectorOptions
}

export interface FaceDetectorOptions {
  /**
   * What the picture's longest side is brought to, in pixels, one look each; default 160, 224, 320, 640 and 1280: faces from about
   * 1/60 of the picture's longest side on. Looks that would enlarge the picture more than four times are left out, but never the smallest.
   */
  readonly sizes?: readonly number[]
  /** Default 0.4. */
  readonly minScore?: number
}

const SIZES = [160, 224, 320, 640, 1280]
const MIN_SCORE = 0.4

/** A candidate of the first look may be doubtful: the second look decides. */
const CANDIDATE_SCORE = 0.15
const LARGEST_ENLARGEMENT = 4
const MAX_OVERLAP = 0.4

/** A part of a face taken for a whole one lies within it. */
const MAX_CONTAINMENT = 0.5

/** The second look sees a face of the size the detector likes best, upright, with as much around it again on each side. */
const SECOND_LOOK_SIZE = 224
const SECOND_LOOK_FACE = 75
const SECOND_LOOK = secondLook(SECOND_LOOK_SIZE, SECOND_LOOK_FACE)
const SECOND_LOOK_BATCH = 16

/** Where the detector should then see it; a box elsewhere is another face, or a part of this one was taken for a whole. */
const EXPECTED_BOX: Box = {
  x: (SECOND_LOOK_SIZE - SECOND_LOOK_FACE) / 2,
  y: (SECOND_LOOK_SIZE - SECOND_LOOK_FACE) / 2,
  width: SECOND_LOOK_FACE,
  height: SECOND_LOOK_FACE,
}

/** Intersection over union from which the box seen there is this face's. */
const SAME_FACE = 0.5

/**
 * The default face detector, made of the two networks of `@vladmandic/face-api`.
 *
 * Looks at the picture at several sizes, finds the 68 landmarks of each candidate, and then looks once more at each,
 * turned upright and brought to one size: the answer of that second look is the face's score. One look at 416 px, as face-api does
 * it, finds 86 % of the faces of LFW and 59 % of tightly cropped ones; this finds 99 % and 98 %, with fewer false alarms.
 * The box reaches from jaw to jaw and hairline to chin, as RetinaFace's does.
 */
export function createFaceDetector({ detector, landmarks, options = {} }: FaceDetectorParts): FaceDetector {
  const { sizes = SIZES, minScore: defaultScore = MIN_SCORE } = options
  return {
    async detect(image, { minScore = defaultScore, maxFaces, signal } = {}) {
      const candidates = await findCandidates(detector, image, sizes, signal)
      const located = await locateFaces(landmarks, image, candidates, signal)
      const faces = await lookAgain(detector, image, located, signal)
      const sure = faces.filter(({ score }) => score >= minScore)
      return nonMaximumSuppression(sure, MAX_CONTAINMENT, containment).toSorted(byProminence).slice(0, maxFaces)
    },
  }
}

async function findCandidates(engine: Engine, image: RgbImage, sizes: readonly number[], signal?: AbortSignal) {
  const largest = LARGEST_ENLARGEMENT * Math.max(image.width, image.height)
  const fitting = sizes.filter((size) => size <= largest)
  const looks = fitting.length > 0 ? fitting : [Math.min(...sizes)]
  return nonMaximumSuppression(await findTinyFaces(engine, image, looks, CANDIDATE_SCORE, signal), MAX_OVERLAP)
}

interface LocatedFace {
  readonly box: Box
  readonly landmarks: FivePoints
}

/** Landmarks in the detector's box first, then once more with the face turned upright and centred by them. */
async function locateFaces(
  engine: Engine,
  image: RgbImage,
  candidates: readonly ScoredBox[],
  signal?: AbortSignal,
): Promise<LocatedFace[]> {
  const rough = await locate(
    engine,
    image,
    candidates.map(({ box }) => landmarkFrame(box)),
    signal,
  )
  const upright = rough.map(({ landmarks }) => similarityTransform(landmarks, LANDMARK_TEMPLATE.points))
  return locate(engine, image, upright, signal)
}

/** Candidates whose landmarks collapse, as on most things that are no face, drop out. */
async function locate(
  engine: Engine,
  image: RgbImage,
  frames: readonly Affine[],
  signal?: AbortSignal,
): Promise<LocatedFace[]> {
  const found = await locateLandmarks(engine, image, frames, signal)
  return found.flatMap((points, i) => {
    const frame = frames[i]!
    const five = fivePoints(points)
    if (!isFaceShaped(five, LANDMARK_TEMPLATE.points)) return []
    const inverse = invertAffine(frame)
    const back = (point: Point) => transformPoint(inverse, point)
    const [leftEye, rightEye, nose, leftMouth, rightMouth] = five
    return {
      box: boxInSource(faceBox(points), inverse),
      landmarks: [back(leftEye), back(rightEye), back(nose), back(leftMouth), back(rightMouth)] as const,
    }
  })
}

/** Keeps centre and size of the upright box: a turned face is not larger than an upright one. */
function boxInSource({ x, y, width, height }: Box, inverse: Affine): Box {
  const centre = transformPoint(inverse, { x: x + width / 2, y: y + height / 2 })
  const scale = scaleOf(inverse)
  return {
    x: centre.x - (width * scale) / 2,
    y: centre.y - (height * scale) / 2,
    width: width * scale,
    height: height * scale,
  }
}

async function lookAgain(
  engine: Engine,
  image: RgbImage,
  faces: readonly LocatedFace[],
  signal?: AbortSignal,
): Promise<Face[]> {
  const { width, height, points } = SECOND_LOOK
  const scores: number[] = []
  for (let from = 0; from < faces.length; from += SECOND_LOOK_BATCH) {
    signal?.throwIfAborted()
    const chips = faces
      .slice(from, from + SECOND_LOOK_BATCH)
      .map(({ landmarks }) => warpAffine(image, similarityTransform(landmarks, points), width, height))
    for (const boxes of await runTinyFaceDetector(engine, chips, 0)) {
      const same = boxes.filter(({ box }) => intersectionOverUnion(box, EXPECTED_BOX) >= SAME_FACE)
      scores.push(same.reduce((best, { score }) => Math.max(best, score), 0))
    }
  }
  return faces.map((face, i) => ({ ...face, score: scores[i]! }))
}

/** The landmark network's template shrunk to `face` pixels, in the middle of a square of `size` pixels. */
function secondLook(size: number, face: number): AlignmentTemplate {
  const { width, points } = LANDMARK_TEMPLATE
  const place = ({ x, y }: Point): Point => ({
    x: size / 2 + ((x - width / 2) * face) / width,
    y: size / 2 + ((y - width / 2) * face) / width,
  })
  const [leftEye, rightEye, nose, leftMouth, rightMouth] = points
  return {
    width: size,
    height: size,
    points: [place(leftEye), place(rightEye), place(nose), place(leftMouth), place(rightMouth)],
  }
}
