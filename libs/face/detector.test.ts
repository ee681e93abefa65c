import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../engine/engine.js'
import { createOnnxRuntimeEngine } from '../engine/onnxruntime.js'
import { crop } from '../image/crop.js'
import { decodeImage } from '../image/decode.js'
import { downsample } from '../image/degrade.js'
import type { RgbImage } from '../image/rgb-image.js'
import { importFaceApi } from '../models/face-api/import-face-api.js'
import { createFaceDetector } from './detector.js'
import type { Face } from './face.js'
import type { FaceDetector } from './face-detector.js'
import { type Affine, transformPoint } from './similarity-transform.js'
import { warpAffine } from './warp.js'

const packageFolder = dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'))
const photograph = async (name: string) => decodeImage(await readFile(join(packageFolder, 'demo', name)))

/** Left eye, right eye and nose tip of each face that looks at the camera, in pixels, from left to right. */
const FACES: readonly (readonly [string, readonly (readonly number[])[]])[] = [
  [
    'sample1.jpg',
    [
      [436, 462, 511, 454, 459, 511],
      [856, 547, 941, 512, 906, 589],
      [1554, 275, 1635, 333, 1558, 331],
    ],
  ],
  [
    'sample2.jpg',
    [
      [966, 340, 1033, 345, 1004, 392],
      [1481, 269, 1559, 250, 1519, 315],
    ],
  ],
  [
    'sample3.jpg',
    [
      [631, 434, 721, 431, 665, 484],
      [1118, 311, 1222, 339, 1139, 386],
      [1556, 413, 1648, 407, 1618, 470],
    ],
  ],
  [
    'sample4.jpg',
    [
      [328, 316, 394, 288, 393, 347],
      [699, 151, 780, 187, 702, 207],
      [1008, 282, 1082, 286, 1020, 330],
      [1313, 231, 1377, 253, 1319, 279],
    ],
  ],
  [
    'sample5.jpg',
    [
      [428, 993, 523, 983, 486, 1041],
      [690, 516, 749, 515, 744, 562],
      [851, 190, 924, 205, 888, 243],
      [1143, 296, 1218, 291, 1171, 335],
      [1434, 514, 1511, 501, 1464, 571],
    ],
  ],
  [
    'sample6.jpg',
    [
      [328, 606, 426, 594, 396, 664],
      [702, 459, 788, 450, 741, 520],
      [1226, 426, 1322, 430, 1272, 495],
      [1528, 371, 1629, 394, 1558, 446],
    ],
  ],
]

let folder: string
let engines: Engine[]
let detector: FaceDetector
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'face-detector-'))
  const files = await importFaceApi({ packageFolder, cacheFolder: folder })
  engines = await Promise.all([files.detector, files.landmarks].map((model) => createOnnxRuntimeEngine({ model })))
  detector = createFaceDetector({ detector: engines[0]!, landmarks: engines[1]! })
})
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()))
  await rm(folder, { recursive: true })
})

/** The largest distance of eyes and nose from where they are, in distances of the eyes. */
function landmarkError({ landmarks }: Face, truth: readonly number[]): number {
  const [x0, y0, x1, y1] = truth as [number, number, number, number]
  const errors = [0, 1, 2].map((i) => Math.hypot(landmarks[i]!.x - truth[i * 2]!, landmarks[i]!.y - truth[i * 2 + 1]!))
  return Math.max(...errors) / Math.hypot(x1 - x0, y1 - y0)
}

const fromLeft = (faces: readonly Face[]) => faces.toSorted((one, other) => one.box.x - other.box.x)

describe('the default face detector', () => {
  it.each(FACES)('finds every face of %s and nothing else', async (name, truth) => {
    const faces = fromLeft(await detector.detect(await photograph(name)))
    expect(faces).toHaveLength(truth.length)
    for (const [i, face] of faces.entries()) {
      expect(landmarkError(face, truth[i]!)).toBeLessThan(0.25)
      const { x, y, width, height } = face.box
      for (const point of face.landmarks) {
        expect(point.x > x && point.x < x + width && point.y > y && point.y < y + height).toBe(true)
      }
      expect(face.score).toBeGreaterThanOrEqual(0.4)
      expect(face.score).toBeLessThanOrEqual(1)
    }
  })

  it('finds the same faces where each has 30 px at most', async () => {
    const [name, truth] = FACES[4]!
    const image = await photograph(name)
    const small = downsample(image, 200)
    const scale = image.height / small.height
    const faces = fromLeft(await detector.detect(small))
    expect(faces).toHaveLength(truth.length)
    for (const [i, face] of faces.entries()) {
      expect(
        landmarkError(
          face,
          truth[i]!.map((value) => value / scale),
        ),
      ).toBeLessThan(0.3)
      expect(face.box.width).toBeLessThan(31)
    }
  })

  it('follows a face that is turned by 30 degrees', async () => {
    const [name, truth] = FACES[5]!
    const image = await photograph(name)
    const cos = Math.cos(Math.PI / 6) / 2
    const matrix: Affine = [cos, -0.25, 500, 0.25, cos, -150]
    const turned = warpAffine(image, matrix, 1200, 1000)
    const faces = fromLeft(await detector.detect(turned))
    expect(faces).toHaveLength(truth.length)
    for (const [i, face] of faces.entries()) {
      const eye = transformPoint(matrix, { x: truth[i]![0]!, y: truth[i]![1]! })
      expect(Math.hypot(face.landmarks[0].x - eye.x, face.landmarks[0].y - eye.y)).toBeLessThan(12)
    }
  })

  it('finds a face that fills the picture or is cut by its border', async () => {
    const image = await photograph('sample6.jpg')
    const tight = crop(image, { left: 260, top: 470, width: 240, height: 300 })
    expect(await detector.detect(tight)).toHaveLength(1)
    const cut = crop(image, { left: 310, top: 400, width: 500, height: 500 })
    const faces = await detector.detect(cut)
    expect(faces.some((face) => landmarkError(face, [18, 206, 116, 194, 86, 264]) < 0.3)).toBe(true)
  })

  it('puts the most prominent face first and keeps as many as asked', async () => {
    const image = await photograph('sample5.jpg')
    const all = await detector.detect(image)
    const two = await detector.detect(image, { maxFaces: 2 })
    expect(two).toEqual(all.slice(0, 2))
    const prominence = all.map(({ box, score }) => box.width * box.height * score)
    expect(prominence).toEqual(prominence.toSorted((one, other) => other - one))
  })

  it('leaves out faces below the asked score', async () => {
    const image = await photograph('sample2.jpg')
    const scores = (await detector.detect(image)).map(({ score }) => score).toSorted()
    const sure = await detector.detect(image, { minScore: (scores[0]! + scores[1]!) / 2 })
    expect(sure.map(({ score }) => score)).toEqual([scores[1]])
  })

  it.each([
    [1, 1],
    [1, 500],
    [700, 2],
    [64, 64],
  ])('finds nothing in %i x %i pixels of one colour', async (width, height) => {
    const grey: RgbImage = { width, height, data: new Uint8Array(width * height * 3).fill(128) }
    expect(await detector.detect(grey)).toEqual([])
  })

  it('stops when the signal says so', async () => {
    const reason = new Error('the caller went away')
    const image = await photograph('sample1.jpg')
    await expect(detector.detect(image, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('refuses networks that are no such detector', async () => {
    const swapped = createFaceDetector({ detector: engines[1]!, landmarks: engines[0]! })
    await expect(swapped.detect(await photograph('sample1.jpg'))).rejects.toThrow()
  })
})
