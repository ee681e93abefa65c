// Runs in a thread of the pool: decoding, finding and framing faces would hold up every other call on the main thread.
import { workerData } from 'piscina'
import sharp from 'sharp'
import { toThreadResult } from '../../libs/config/thread-result.js'
import { createSessionEngine } from '../../libs/engine/session-engine.js'
import { createFaceDetector } from '../../libs/face/detector.js'
import { decodeImage } from '../../libs/image/decode.js'
import { createStageClock } from '../../libs/telemetry/stage-clock.js'
import { faceChips } from './face-chips.js'
import type { FaceTask, FaceThreadData, PictureFaces } from './face-task.js'

// The pool has a thread for each core: threads of libvips' own would only get in their way.
sharp.concurrency(1)

const { detector, landmarks, maxPixels } = workerData as FaceThreadData
const faceDetector = createFaceDetector({
  detector: await createSessionEngine({ model: detector, threads: 1 }),
  landmarks: await createSessionEngine({ model: landmarks, threads: 1 }),
})

/** Decodes a picture, finds the faces a query is about and frames them. */
export default function run({ file, query, preparation }: FaceTask) {
  return toThreadResult(async (): Promise<PictureFaces> => {
    const { time, timings } = createStageClock()
    const image = await time('decode', () => decodeImage(file, { maxPixels }))
    const faces = await time('detect', () => faceChips(image, query, preparation, faceDetector))
    return { width: image.width, height: image.height, faces, timings }
  })
}
