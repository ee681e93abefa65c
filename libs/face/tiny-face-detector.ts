import { DomainError } from '../config/domain-error.js'
import type { Engine } from '../engine/engine.js'
import type { RgbImage } from '../image/rgb-image.js'
import { DETECTOR_ANCHORS, DETECTOR_CELL, DETECTOR_INPUT } from '../models/face-api/detector-graph.js'
import { scaleBox } from './face.js'
import type { ScoredBox } from './face-detector.js'
import { imageTensor, padToMultiple, resizeToLongest } from './network-input.js'

/** Horizontal and vertical offset, log of width and height, objectness: one channel each, anchor by anchor. */
const FIELDS = 5

/**
 * face-api's tiny face detector (a YOLOv2 with separable convolutions and one class) on pictures of one size: input `image`
 * [n, 3, h, w], output `grid` [n, 25, h / 32, w / 32], raw.
 * Source of the decoding: Redmon, Farhadi, "YOLO9000" (2017), section 2.
 *
 * @param images at least one; both sides multiples of 32
 * @param minScore boxes with a lower one are left out, 0..1
 * @returns for each picture its boxes in pixels, about brow to chin and 1.3 times a face wide; those of one face overlap
 */
export async function runTinyFaceDetector(
  engine: Engine,
  images: readonly RgbImage[],
  minScore: number,
): Promise<ScoredBox[][]> {
  const { width = 0, height = 0 } = images[0] ?? {}
  const { grid } = await engine.run({ image: imageTensor(images, DETECTOR_INPUT) })
  const rows = height / DETECTOR_CELL
  const columns = width / DETECTOR_CELL
  const size = FIELDS * DETECTOR_ANCHORS.length * rows * columns
  if (grid?.data.length !== images.length * size) {
    throw new DomainError(
      'DETECTOR_OUTPUT_MISMATCH',
      `The detector does not answer as face-api's tiny face detector does: expected grid [${images.length}, 25, ${rows}, ${columns}].`,
    )
  }
  return images.map((_, n) => decode(grid.data.subarray(n * size, (n + 1) * size), rows, columns, minScore))
}

/**
 * Looks at a whole picture at several sizes: the detector knows faces of about 20 to 200 px only.
 *
 * @param sizes what the picture's longest side is brought to, in pixels
 * @returns boxes in pixels of `image`; those of one face overlap
 */
export async function findTinyFaces(
  engine: Engine,
  image: RgbImage,
  sizes: readonly number[],
  minScore: number,
  signal?: AbortSignal,
): Promise<ScoredBox[]> {
  const found: ScoredBox[] = []
  let source = image
  for (const size of sizes.toSorted((one, other) => other - one)) {
    signal?.throwIfAborted()
    const shown = resizeToLongest(source, size)
    const [boxes = []] = await runTinyFaceDetector(engine, [padToMultiple(shown, DETECTOR_CELL)], minScore)
    const scaleX = image.width / shown.width
    const scaleY = image.height / shown.height
    for (const { box, score } of boxes) found.push({ box: scaleBox(box, scaleX, scaleY), score })
    // Each size is made of the one before: shrinking a large photograph five times would take longer than the network.
    if (shown.width < source.width) source = shown
  }
  return found
}

function decode(grid: Float32Array, rows: number, columns: number, minScore: number): ScoredBox[] {
  const plane = rows * columns
  const boxes: ScoredBox[] = []
  for (const [a, [anchorWidth, anchorHeight]] of DETECTOR_ANCHORS.entries()) {
    for (let cell = 0; cell < plane; cell++) {
      const field = (k: number) => grid[(a * FIELDS + k) * plane + cell]!
      const score = sigmoid(field(4))
      if (score < minScore) continue
      const width = Math.exp(field(2)) * anchorWidth * DETECTOR_CELL
      const height = Math.exp(field(3)) * anchorHeight * DETECTOR_CELL
      const x = ((cell % columns) + sigmoid(field(0))) * DETECTOR_CELL - width / 2
      const y = (Math.floor(cell / columns) + sigmoid(field(1))) * DETECTOR_CELL - height / 2
      boxes.push({ box: { x, y, width, height }, score })
    }
  }
  return boxes
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}
