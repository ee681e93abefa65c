import { DomainError } from '../config/domain-error.js'
import type { Engine } from '../engine/engine.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { ScoredBox } from './face-detector.js'
import { fitImage, imageTensor } from './network-input.js'

const PREPARATION = { colour: 'RGB', mean: [117.001, 114.697, 97.404], scale: 1 / 255 } as const

/** Side of a cell of the network's grid, in pixels of its input. */
const CELL = 32

/** Widths and heights of the anchors in cells; with the preparation, constants of the network from @vladmandic/face-api. */
const ANCHORS = [
  { width: 1.603231, height: 2.094468 },
  { width: 6.041143, height: 7.080126 },
  { width: 2.882459, height: 3.518061 },
  { width: 4.266906, height: 5.178857 },
  { width: 9.041765, height: 10.66308 },
] as const

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
  const { grid } = await engine.run({ image: imageTensor(images, PREPARATION) })
  const rows = height / CELL
  const columns = width / CELL
  const size = FIELDS * ANCHORS.length * rows * columns
  if (grid?.data.length !== images.length * size) {
    throw new DomainError(
      'DETECTOR_OUTPUT_MISMATCH',
      `The detector does not answer as face-api's tiny face detector does: expected grid [${images.length}, 25, ${rows}, ${columns}].`,
    )
  }
  return images.map((_, n) => decode(grid.data.subarray(n * size, (n + 1) * size), rows, columns, minScore))
}

/**
 * One look of the detector at a whole picture.
 *
 * @param longest the picture's longest side is brought to this many pixels; faces are found from about 20 px there
 * @returns boxes in pixels of `image`; those of one face overlap
 */
export async function findTinyFaces(
  engine: Engine,
  image: RgbImage,
  longest: number,
  minScore: number,
): Promise<ScoredBox[]> {
  const { image: fitted, scaleX, scaleY } = fitImage(image, longest, CELL)
  const [found = []] = await runTinyFaceDetector(engine, [fitted], minScore)
  return found.map(({ box, score }) => ({
    box: { x: box.x / scaleX, y: box.y / scaleY, width: box.width / scaleX, height: box.height / scaleY },
    score,
  }))
}

function decode(grid: Float32Array, rows: number, columns: number, minScore: number): ScoredBox[] {
  const plane = rows * columns
  const boxes: ScoredBox[] = []
  for (const [a, anchor] of ANCHORS.entries()) {
    for (let cell = 0; cell < plane; cell++) {
      const field = (k: number) => grid[(a * FIELDS + k) * plane + cell]!
      const score = sigmoid(field(4))
      if (score < minScore) continue
      const width = Math.exp(field(2)) * anchor.width * CELL
      const height = Math.exp(field(3)) * anchor.height * CELL
      const x = ((cell % columns) + sigmoid(field(0))) * CELL - width / 2
      const y = (Math.floor(cell / columns) + sigmoid(field(1))) * CELL - height / 2
      boxes.push({ box: { x, y, width, height }, score })
    }
  }
  return boxes
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}
