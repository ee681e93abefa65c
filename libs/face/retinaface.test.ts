import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../engine/engine.js'
import { createOnnxRuntimeEngine } from '../engine/onnxruntime.js'
import { decodeImage } from '../image/decode.js'
import type { FaceDetector } from './face-detector.js'
import { intersectionOverUnion } from './non-maximum-suppression.js'
import { createRetinaFace } from './retinaface.js'

const shared = join(import.meta.dirname, '../../../shared')
const model = join(shared, 'models/retinaface-mnet025.onnx')

describe.skipIf(!existsSync(model))('RetinaFace', () => {
  let engine: Engine
  let detector: FaceDetector
  beforeAll(async () => {
    engine = await createOnnxRuntimeEngine({ model })
    detector = createRetinaFace(engine, { longest: 250 })
  })
  afterAll(() => engine.close())

  it("finds the faces of LFW where its authors' decoding did", async () => {
    const lines = (await readFile(join(shared, 'data/lfw/landmarks.csv'), 'utf8')).trim().split('\n').slice(1)
    for (const line of lines.filter((_, i) => i % 400 === 0)) {
      const [file, ...fields] = line.split(',')
      const [, x, y, width, height, ...points] = fields.map(Number) as [number, number, number, number, number]
      const image = await decodeImage(await readFile(join(shared, 'data/lfw/images', file!)))
      const faces = await detector.detect(image)
      const face = faces.find(({ box }) => intersectionOverUnion(box, { x, y, width, height }) > 0.75)
      expect(face, file).toBeDefined()
      const errors = face!.landmarks.map((point, i) =>
        Math.hypot(point.x - (points as number[])[i * 2]!, point.y - (points as number[])[i * 2 + 1]!),
      )
      expect(Math.max(...errors), file).toBeLessThan(0.12 * width)
    }
  })

  it('finds nothing in a single pixel', async () => {
    expect(await detector.detect({ width: 1, height: 1, data: new Uint8Array(3) })).toEqual([])
  })
})
