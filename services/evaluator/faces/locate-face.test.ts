import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cacheFolder } from '../../../libs/config/data-folder.js'
import { newFolder } from '../../../libs/dataset/testing/sample-faces.js'
import { createSessionEngine } from '../../../libs/engine/session-engine.js'
import { createFaceDetector } from '../../../libs/face/detector.js'
import type { FaceDetector } from '../../../libs/face/face-detector.js'
import { faceApiFolder } from '../../../libs/models/base-model.js'
import { importFaceApi } from '../../../libs/models/face-api/import-face-api.js'
import { samplePhotograph } from '../../../test/fixtures/sample-faces.js'
import { locateFace } from './locate-face.js'
import type { LocateTask } from './locate-task.js'

let folder: string
let detector: FaceDetector
beforeAll(async () => {
  folder = await newFolder()
  await writeFile(join(folder, 'photograph.jpg'), await samplePhotograph(1))
  await writeFile(join(folder, 'broken.jpg'), (await samplePhotograph(1)).subarray(0, 5_000))
  const files = await importFaceApi({ packageFolder: faceApiFolder(), cacheFolder: join(cacheFolder({}), 'face-api') })
  detector = createFaceDetector({
    detector: await createSessionEngine({ model: files.detector, threads: 1 }),
    landmarks: await createSessionEngine({ model: files.landmarks, threads: 1 }),
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const locate = (name: string, box?: LocateTask['box']) =>
  locateFace({ id: name, file: join(folder, name), ...(box ? { box } : {}) }, { detector, maxPixels: 50_000_000 })

describe('locateFace', () => {
  it('finds the landmarks of a face whose box is stated where it finds them without', async () => {
    const whole = await locate('photograph.jpg')
    if (!('face' in whole)) throw new Error(`no face: ${whole.reason}`)
    const { box, landmarks } = whole.face
    const near = await locate('photograph.jpg', box)
    if (!('face' in near)) throw new Error(`no face: ${near.reason}`)
    expect(near.face.box).toEqual(box)
    for (const [i, { x, y }] of near.face.landmarks.entries()) {
      expect(Math.abs(x - (landmarks[i]?.x ?? 0))).toBeLessThan(0.1 * box.width)
      expect(Math.abs(y - (landmarks[i]?.y ?? 0))).toBeLessThan(0.1 * box.width)
    }
  })

  it('tells why there is no face', async () => {
    expect(await locate('photograph.jpg', { x: 0, y: 0, width: 20, height: 20 })).toEqual({ reason: 'FACE_NOT_FOUND' })
    expect(await locate('broken.jpg')).toEqual({ reason: 'IMAGE_CORRUPT' })
    expect(await locate('nowhere.jpg')).toEqual({ reason: 'IMAGE_FILE_MISSING' })
  })
})
