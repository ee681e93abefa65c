// Runs in a thread of the pool: reading pictures and finding faces would hold up the main thread.
import { workerData } from 'piscina'
import sharp from 'sharp'
import { toThreadResult } from '../../../libs/config/thread-result.js'
import { createSessionEngine } from '../../../libs/engine/session-engine.js'
import { createFaceDetector } from '../../../libs/face/detector.js'
import { locateFace } from './locate-face.js'
import type { LocateTask, LocateThreadData } from './locate-task.js'

// The pool has a thread for each core: threads of libvips' own would only get in their way.
sharp.concurrency(1)

const { detector: network, landmarks, maxPixels } = workerData as LocateThreadData
const detector = createFaceDetector({
  detector: await createSessionEngine({ model: network, threads: 1 }),
  landmarks: await createSessionEngine({ model: landmarks, threads: 1 }),
})

/** Finds the face of a picture. */
export default function run(task: LocateTask) {
  return toThreadResult(() => locateFace(task, { detector, maxPixels }))
}
