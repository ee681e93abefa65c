import { DomainError } from '../config/domain-error.js'
import type { Engine, Tensor } from '../engine/engine.js'
import type { RgbImage } from '../image/rgb-image.js'
import { type Face, type FivePoints, scaleBox } from './face.js'
import { byProminence, type FaceDetector } from './face-detector.js'
import { imageTensor, padToMultiple, resizeToLongest } from './network-input.js'
import { nonMaximumSuppression } from './non-maximum-suppression.js'

/** The mean the network was trained with (that of ImageNet in Caffe's order). */
const PREPARATION = { colour: 'BGR', mean: [104, 117, 123], scale: 1 } as const

/** Two square anchors for each cell of three grids, in pixels. */
const GRIDS = [
  { stride: 8, sides: [16, 32] },
  { stride: 16, sides: [64, 128] },
  { stride: 32, sides: [256, 512] },
] as const

const CENTRE_VARIANCE = 0.1
const SIZE_VARIANCE = 0.2
const MAX_OVERLAP = 0.4
const COARSEST_STRIDE = 32

export interface RetinaFaceOptions {
  /** The picture's longest side is brought to this many pixels, up or down. Higher finds smaller faces and costs more. */
  readonly longest?: number
  readonly minScore?: number
}

/**
 * A RetinaFace of the common PyTorch export as a face detector: input `image` [1, 3, h, w]; outputs `box` [1, n, 4],
 * `score` [1, n, 2] (background, face) and `landmark` [1, n, 10], for n anchors.
 * Source: Deng et al., "RetinaFace" (2019); the coding of boxes is that of SSD (Liu et al. 2016).
 */
export function createRetinaFace(engine: Engine, options: RetinaFaceOptions = {}): FaceDetector {
  const { longest = 640, minScore: defaultScore = 0.6 } = options
  return {
    async detect(image, { minScore = defaultScore, maxFaces, signal } = {}) {
      signal?.throwIfAborted()
      const resized = resizeToLongest(image, longest)
      const fitted = padToMultiple(resized, COARSEST_STRIDE)
      const outputs = await engine.run({ image: imageTensor([fitted], PREPARATION) })
      signal?.throwIfAborted()
      const scaleX = image.width / resized.width
      const scaleY = image.height / resized.height
      const faces = decode(fitted, outputs, minScore).map((face) => scaleFace(face, scaleX, scaleY))
      return nonMaximumSuppression(faces, MAX_OVERLAP).toSorted(byProminence).slice(0, maxFaces)
    },
  }
}

function decode({ width, height }: RgbImage, outputs: Record<string, Tensor>, minScore: number): Face[] {
  const { box, score, landmark } = outputs
  const anchors = GRIDS.reduce((sum, { stride }) => sum + 2 * Math.ceil(height / stride) * Math.ceil(width / stride), 0)
  if (
    box?.data.length !== anchors * 4 ||
    score?.data.length !== anchors * 2 ||
    landmark?.data.length !== anchors * 10
  ) {
    throw new DomainError(
      'DETECTOR_OUTPUT_MISMATCH',
      `The detector does not answer as a RetinaFace does: expected box [1, ${anchors}, 4], score [1, ${anchors}, 2] and landmark [1, ${anchors}, 10].`,
    )
  }
  const faces: Face[] = []
  let i = 0
  for (const { stride, sides } of GRIDS) {
    for (let y = stride / 2; y < height; y += stride) {
      for (let x = stride / 2; x < width; x += stride) {
        for (const side of sides) {
          const sure = score.data[i * 2 + 1]!
          if (sure >= minScore) faces.push(decodeFace(box.data, landmark.data, i, { x, y, side }, sure))
          i++
        }
      }
    }
  }
  return faces
}

function decodeFace(
  box: Float32Array,
  landmark: Float32Array,
  i: number,
  anchor: { x: number; y: number; side: number },
  score: number,
): Face {
  const step = CENTRE_VARIANCE * anchor.side
  const width = anchor.side * Math.exp(box[i * 4 + 2]! * SIZE_VARIANCE)
  const height = anchor.side * Math.exp(box[i * 4 + 3]! * SIZE_VARIANCE)
  const point = (k: number) => ({
    x: anchor.x + landmark[i * 10 + k * 2]! * step,
    y: anchor.y + landmark[i * 10 + k * 2 + 1]! * step,
  })
  return {
    box: {
      x: anchor.x + box[i * 4]! * step - width / 2,
      y: anchor.y + box[i * 4 + 1]! * step - height / 2,
      width,
      height,
    },
    landmarks: [point(0), point(1), point(2), point(3), point(4)],
    score,
  }
}

function scaleFace({ box, landmarks, score }: Face, x: number, y: number): Face {
  return {
    box: scaleBox(box, x, y),
    landmarks: landmarks.map((point) => ({ x: point.x * x, y: point.y * y })) as unknown as FivePoints,
    score,
  }
}
