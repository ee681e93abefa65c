import { DomainError } from '../config/domain-error.js'
import { scaleOf, transformPoint } from '../face/similarity-transform.js'
import { encodeJpeg, encodePng } from '../image/encode.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { Preparation } from '../models/model-card.js'
import { PLAIN_VIEW } from './augment.js'
import type { FaceItem, KnownFace, SkippedPicture } from './face-item.js'
import { alignedFace, alignment, frameFace } from './frame-face.js'
import { readPicture } from './read-picture.js'

/** How chips are made and kept. */
export interface ChipSettings {
  readonly preparation: Preparation
  /** Without loss, or with little (quality 95) in fewer bytes. */
  readonly format: 'png' | 'jpeg'
  /** Pixels kept around an aligned chip, an integer >= 0, so that jitter finds picture there instead of black. */
  readonly room: number
  /**
   * Whether the face is searched in a picture that comes without one; otherwise such a picture is a face crop and used whole.
   * What comes out of a shard is a crop always.
   */
  readonly detect: boolean
}

/** A face as a shard keeps it, or why there is none. */
export type FaceSample =
  | {
      /** The encoded chip. */
      readonly picture: Uint8Array
      /** Where the face is in it; only for aligned chips. */
      readonly face?: KnownFace
    }
  | { readonly skipped: SkippedPicture }

/** What a sample is made with. */
export interface SampleDeps {
  /** @returns the most prominent face, in pixels of the picture; undefined where there is none */
  findFace(image: RgbImage): Promise<KnownFace | undefined>
  /** Largest picture in pixels. */
  readonly maxPixels?: number
}

const JPEG_QUALITY = 95

/** Reads an item, finds its face where nobody has said where it is, frames and encodes it. What cannot be used is told, not thrown. */
export async function makeFaceSample(deps: SampleDeps, item: FaceItem, settings: ChipSettings): Promise<FaceSample> {
  const { preparation, format, room, detect } = settings
  try {
    const image = await readPicture(item, deps.maxPixels === undefined ? {} : { maxPixels: deps.maxPixels })
    const searched = detect && item.face === undefined && item.bytes.part === undefined
    const face = searched ? await requireFace(deps, image) : item.face
    const aligned = alignedFace(face, preparation)
    const roomy = aligned ? withRoom(preparation, room) : preparation
    const chip = frameFace(image, face, roomy, PLAIN_VIEW)
    const picture = format === 'png' ? await encodePng(chip) : await encodeJpeg(chip, JPEG_QUALITY)
    return { picture, ...(aligned ? { face: faceInChip(aligned, roomy) } : {}) }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { skipped: { path: item.path, reason: error.reason, message: error.message } }
  }
}

async function requireFace({ findFace }: SampleDeps, image: RgbImage): Promise<KnownFace> {
  const face = await findFace(image)
  if (face) return face
  throw new DomainError(
    'FACE_NOT_FOUND',
    `No face was found in this ${image.width} x ${image.height} picture: state where it is in a landmarks file, or take the pictures whole if they are face crops already.`,
  )
}

/** The same framing in a larger chip. */
function withRoom({ input, crop }: Preparation, room: number): Preparation {
  return {
    input: { ...input, width: input.width + 2 * room, height: input.height + 2 * room },
    crop:
      crop.kind === 'alignment'
        ? { ...crop, template: crop.template.map(([x, y]) => [x + room, y + room]) as typeof crop.template }
        : crop,
  }
}

function faceInChip({ box, landmarks }: KnownFace, preparation: Preparation): KnownFace {
  const place = alignment(landmarks, preparation)
  const centre = transformPoint(place, { x: box.x + box.width / 2, y: box.y + box.height / 2 })
  const [width, height] = [box.width * scaleOf(place), box.height * scaleOf(place)]
  return {
    // The chip is turned, a box is not: it keeps its centre and its size.
    box: { x: centre.x - width / 2, y: centre.y - height / 2, width, height },
    landmarks: landmarks.map((point) => transformPoint(place, point)),
  }
}
