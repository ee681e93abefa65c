import { DomainError } from '../../../libs/config/domain-error.js'
import type { KnownFace } from '../../../libs/dataset/face-item.js'
import { readPicture } from '../../../libs/dataset/read-picture.js'
import type { Box } from '../../../libs/face/face.js'
import type { FaceDetector } from '../../../libs/face/face-detector.js'
import { crop, type PixelBox } from '../../../libs/image/crop.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'
import type { LocatedFace, LocateTask } from './locate-task.js'

/** Of a stated box so much is looked at around it, as a share of its longer side: detectors want some surroundings. */
const SURROUNDINGS = 0.5

/**
 * Finds the most prominent face of a picture, or of the neighbourhood of a stated box. A picture that cannot be used is told, not thrown.
 * @returns the face in pixels of the picture
 */
export async function locateFace(
  { id, file, box }: LocateTask,
  { detector, maxPixels }: { readonly detector: FaceDetector; readonly maxPixels: number },
): Promise<LocatedFace> {
  try {
    const image = await readPicture({ path: id, subject: null, bytes: { file } }, { maxPixels })
    const face = await (box ? nearBox(image, box, detector) : mostProminent(image, detector))
    return face ? { face } : { reason: 'FACE_NOT_FOUND' }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { reason: error.reason }
  }
}

async function mostProminent(image: RgbImage, detector: FaceDetector): Promise<KnownFace | undefined> {
  const [face] = await detector.detect(image, { maxFaces: 1 })
  return face && { box: face.box, landmarks: face.landmarks }
}

async function nearBox(image: RgbImage, box: Box, detector: FaceDetector): Promise<KnownFace | undefined> {
  const cut = neighbourhood(box)
  const found = await mostProminent(crop(image, cut), detector)
  const landmarks = found?.landmarks.map(({ x, y }) => ({ x: x + cut.left, y: y + cut.top }))
  return landmarks && { box, landmarks }
}

function neighbourhood({ x, y, width, height }: Box): PixelBox {
  const around = SURROUNDINGS * Math.max(width, height)
  const [left, top] = [Math.floor(x - around), Math.floor(y - around)]
  return { left, top, width: Math.ceil(x + width + around) - left, height: Math.ceil(y + height + around) - top }
}
