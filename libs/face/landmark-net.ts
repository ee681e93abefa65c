import { DomainError } from '../config/domain-error.js'
import type { Engine } from '../engine/engine.js'
import { flipHorizontal } from '../image/flip.js'
import type { RgbImage } from '../image/rgb-image.js'
import { LANDMARKS_INPUT } from '../models/face-api/landmarks-graph.js'
import type { Box, Point } from './face.js'
import { MIRRORED_68 } from './landmarks-68.js'
import { imageTensor } from './network-input.js'
import type { Affine } from './similarity-transform.js'
import type { AlignmentTemplate } from './templates.js'
import { warpAffine } from './warp.js'

/** Side of the network's input in pixels. */
const SIDE = LANDMARKS_INPUT.width

/** Faces a run: bounds the memory that a picture of a crowd takes. */
const BATCH = 16

/**
 * Where upright faces have their five points in the network's input when it is fed with the boxes of the tiny face detector:
 * the mean over faces of LFW. Aligned to it, a turned face looks to the network as those it was trained on.
 */
export const LANDMARK_TEMPLATE: AlignmentTemplate = {
  width: SIDE,
  height: SIDE,
  points: [
    { x: 37.6, y: 29.1 },
    { x: 74.2, y: 28.4 },
    { x: 56.2, y: 50.7 },
    { x: 41.1, y: 69.8 },
    { x: 73.0, y: 69.5 },
  ],
}

/** The matrix that brings the square around a detector's box into the network's input. */
export function landmarkFrame(box: Box): Affine {
  const scale = SIDE / Math.max(box.width, box.height)
  const x = SIDE / 2 - scale * (box.x + box.width / 2)
  const y = SIDE / 2 - scale * (box.y + box.height / 2)
  return [scale, 0, x, 0, scale, y]
}

/**
 * Finds the 68 points of faces: input `image` [n, 3, 112, 112], output `points` [n, 136] in shares of the input's side.
 * Each face is shown as it is and mirrored and the two answers are averaged, which takes 4 % off the error on LFW.
 *
 * @param frames a matrix a face, from `image` to the network's 112 x 112 input
 * @returns for each face its 68 points in the network's input: pixels of 0..112
 */
export async function locateLandmarks(
  engine: Engine,
  image: RgbImage,
  frames: readonly Affine[],
  signal?: AbortSignal,
): Promise<Point[][]> {
  const found: Point[][] = []
  for (let from = 0; from < frames.length; from += BATCH) {
    signal?.throwIfAborted()
    const chips = frames.slice(from, from + BATCH).map((frame) => warpAffine(image, frame, SIDE, SIDE))
    const { points } = await engine.run({
      image: imageTensor([...chips, ...chips.map(flipHorizontal)], LANDMARKS_INPUT),
    })
    if (points?.data.length !== chips.length * 2 * MIRRORED_68.length * 2) {
      throw new DomainError(
        'DETECTOR_OUTPUT_MISMATCH',
        `The landmark network does not answer as face-api's does: expected points [${chips.length * 2}, 136].`,
      )
    }
    for (let face = 0; face < chips.length; face++) {
      const straight = face * MIRRORED_68.length * 2
      const mirrored = (face + chips.length) * MIRRORED_68.length * 2
      found.push(
        MIRRORED_68.map((partner, i) => ({
          x: ((points.data[straight + i * 2]! + 1 - points.data[mirrored + partner * 2]!) / 2) * SIDE,
          y: ((points.data[straight + i * 2 + 1]! + points.data[mirrored + partner * 2 + 1]!) / 2) * SIDE,
        })),
      )
    }
  }
  return found
}
