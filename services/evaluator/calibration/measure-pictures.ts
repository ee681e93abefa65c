import pLimit from 'p-limit'
import sharp from 'sharp'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { KnownFace } from '../../../libs/dataset/face-item.js'
import { measureFace } from '../../../libs/dataset/measure-face.js'
import type { Preparation } from '../../../libs/models/model-card.js'
import type { ProtocolImage } from '../../../libs/protocols/protocol.js'
import { type FaceLocator, knownFace } from '../faces/face-locator.js'
import { type Faces, pictureKey } from '../features/picture-key.js'

/** What measuring works with. */
export interface MeasurePicturesDeps {
  readonly locator: FaceLocator
  readonly imageThreads: number
}

/** How faces are measured. */
export interface MeasureOptions {
  readonly faces: Faces
  readonly preparation: Preparation
  readonly signal: AbortSignal
  /** Hears how many are done. */
  report(done: number, total: number): void
}

/**
 * Measures how many pixels the faces of pictures have as they are, as the embedder tells it.
 * @returns by the picture's id, in pixels; a picture that cannot be used is left out, for the extraction will say why
 */
export async function measurePictures(
  { locator, imageThreads }: MeasurePicturesDeps,
  images: readonly ProtocolImage[],
  { faces, preparation, signal, report }: MeasureOptions,
): Promise<Map<string, number>> {
  const resolutions = new Map<string, number>()
  let done = 0
  const faceOf = async (image: ProtocolImage): Promise<KnownFace | undefined> => {
    const known = knownFace(image, preparation)
    if (known) return known
    const key = await pictureKey(image, faces)
    const located = key === undefined ? undefined : await locator.locate(image, key, signal)
    return located && 'face' in located ? located.face : undefined
  }
  const limit = pLimit(2 * imageThreads)
  await limit.map(images, async (image) => {
    signal.throwIfAborted()
    const face = faces === 'whole' ? undefined : await faceOf(image)
    if (face || faces === 'whole') {
      const resolution = await measure(image, face, preparation)
      if (resolution !== undefined) resolutions.set(image.id, Math.round(resolution))
    }
    report(++done, images.length)
  })
  return resolutions
}

const NO_PIXELS = new Uint8Array()

async function measure(image: ProtocolImage, face: KnownFace | undefined, preparation: Preparation) {
  try {
    // Where the face is known, nothing of the picture is asked for.
    const size = face ? { width: 0, height: 0 } : await sizeOf(image)
    return measureFace({ ...size, data: NO_PIXELS }, face, preparation)
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}

async function sizeOf({ file }: ProtocolImage): Promise<{ width: number; height: number }> {
  const { width = 0, height = 0 } = await sharp(file)
    .metadata()
    .catch(() => ({ width: 0, height: 0 }))
  return { width, height }
}
