// Runs in a thread of the pool: reading, finding, framing and encoding faces would hold up every other call on the main thread.
import { workerData } from 'piscina'
import sharp from 'sharp'
import { once } from '../../libs/config/once.js'
import { toThreadResult } from '../../libs/config/thread-result.js'
import { makeFaceSample } from '../../libs/dataset/face-sample.js'
import { createSessionEngine } from '../../libs/engine/session-engine.js'
import { createFaceDetector } from '../../libs/face/detector.js'
import type { RgbImage } from '../../libs/image/rgb-image.js'
import type { SampleTask, SampleThreadData } from './sample-task.js'

// The pool has a thread for each core: threads of libvips' own would only get in their way.
sharp.concurrency(1)

const { detector, landmarks, maxPixels } = workerData as SampleThreadData
/** Most datasets come with landmarks: the networks are loaded for those that do not. */
const faceDetector = once(async () =>
  createFaceDetector({
    detector: await createSessionEngine({ model: detector, threads: 1 }),
    landmarks: await createSessionEngine({ model: landmarks, threads: 1 }),
  }),
)
const findFace = async (image: RgbImage) => (await (await faceDetector.get()).detect(image, { maxFaces: 1 }))[0]

/** Makes the sample of a face. */
export default function run({ item, settings }: SampleTask) {
  return toThreadResult(() => makeFaceSample({ findFace, maxPixels }, item, settings))
}
