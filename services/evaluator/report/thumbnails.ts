import { DomainError } from '../../../libs/config/domain-error.js'
import type { FaceItem } from '../../../libs/dataset/face-item.js'
import { frameFace } from '../../../libs/dataset/frame-face.js'
import { readPicture } from '../../../libs/dataset/read-picture.js'
import { degrade } from '../../../libs/image/degrade.js'
import { encodeJpeg } from '../../../libs/image/encode.js'
import { resizeBilinear } from '../../../libs/image/resize-bilinear.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'
import type { Preparation } from '../../../libs/models/model-card.js'
import { openProtocol } from '../../../libs/protocols/open-protocol.js'
import type { ProtocolImage } from '../../../libs/protocols/protocol.js'
import { type FaceLocator, knownFace } from '../faces/face-locator.js'
import { degradedViews } from '../features/degraded-views.js'
import { type Faces, pictureKey } from '../features/picture-key.js'

/** Faces of a data set, small. */
export interface Thumbnails {
  /**
   * @param protocol its name
   * @param template whose first picture is shown
   * @param resolution that it is degraded to, as a network would see it, enhancement left out; 0: not at all
   * @returns a JPEG file; undefined where there is no such picture, or no face to be found on it
   */
  of(protocol: string, template: string, resolution: number): Promise<Uint8Array | undefined>
}

/** Where pictures are found, and how. */
export interface ThumbnailsRequest {
  /** Name of a source, see openProtocol. */
  readonly protocol: string
  readonly folder: string
  readonly seed: number
  readonly faces: Faces
  readonly signal: AbortSignal
}

const SIDE = 96
const QUALITY = 75
/** A face with its hair and chin. */
const FRAME: Preparation = {
  input: {
    width: SIDE,
    height: SIDE,
    colourOrder: 'RGB',
    mean: [0, 0, 0],
    scale: [1, 1, 1],
    layout: 'NHWC',
  },
  crop: { kind: 'margin', margin: 0.3, resize: SIDE },
}

/**
 * Opens the pictures of a data set to show single ones.
 * @throws DomainError those of openProtocol
 */
export async function openThumbnails(
  locator: FaceLocator,
  { protocol: source, folder, seed, faces, signal }: ThumbnailsRequest,
): Promise<Thumbnails> {
  // Templates are the same whichever subjects an evaluation chose of them, so all are opened.
  const protocols = await openProtocol({ protocol: source, folder, seed })
  const first = new Map<string, ProtocolImage>()
  for (const { name, images, templates } of protocols) {
    const byId = new Map(images.map((image) => [image.id, image]))
    for (const { id, images: own } of templates) {
      const image = byId.get(own[0] ?? '')
      if (image) first.set(`${name} ${id}`, image)
    }
  }

  const faceOf = async (image: ProtocolImage): Promise<FaceItem['face'] | null> => {
    if (faces === 'whole') return undefined
    const known = knownFace(image, FRAME)
    if (known) return known
    const key = await pictureKey(image, faces)
    if (key === undefined) return null
    const located = await locator.locate(image, key, signal)
    return 'face' in located ? located.face : null
  }

  return {
    async of(protocol, template, resolution) {
      const image = first.get(`${protocol} ${template}`)
      if (image === undefined) return undefined
      signal.throwIfAborted()
      const face = await faceOf(image)
      if (face === null) return undefined
      const item: FaceItem = { path: image.id, subject: image.subject, bytes: { file: image.file } }
      try {
        const picture = await readPicture(item)
        return await encodeJpeg(face ? framed(picture, face, resolution) : whole(picture, resolution), QUALITY)
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        return undefined
      }
    },
  }
}

function framed(picture: RgbImage, face: NonNullable<FaceItem['face']>, resolution: number): RgbImage {
  const [view] = degradedViews([resolution], true)
  return frameFace(picture, face, FRAME, view as NonNullable<typeof view>)
}

/** The whole picture, its longer side as long as that of a framed face. */
function whole(picture: RgbImage, resolution: number): RgbImage {
  const shown = resolution > 0 && resolution < Math.min(picture.width, picture.height)
  const { width, height } = picture
  const scale = SIDE / Math.max(width, height)
  const side = (length: number) => Math.max(1, Math.round(length * scale))
  return resizeBilinear(shown ? degrade(picture, resolution) : picture, side(width), side(height))
}
