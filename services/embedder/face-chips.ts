import { type FaceRegion, FaceSelection } from '../../gen/crossres/v1/common.js'
import type { EmbedRequest } from '../../gen/crossres/v1/embedder.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { alignFace } from '../../libs/face/align-face.js'
import { boxCrop } from '../../libs/face/box-crop.js'
import { effectiveResolution } from '../../libs/face/effective-resolution/effective-resolution.js'
import type { Face, FivePoints } from '../../libs/face/face.js'
import type { FaceDetector } from '../../libs/face/face-detector.js'
import { chipResolution, cropResolution, faceResolution } from '../../libs/face/face-resolution.js'
import { resizeBilinear } from '../../libs/image/resize-bilinear.js'
import type { RgbImage } from '../../libs/image/rgb-image.js'
import type { Preparation } from '../../libs/models/model-card.js'

/** A face framed as a model wants it, with what is known of it. */
export interface FaceChip {
  /** Exactly the size of the model's input. */
  readonly chip: RgbImage
  readonly region: FaceRegion
  /** Shortest side of what the chip shows, in pixels of the source. */
  readonly pictureResolution: number
  /** Pixels of detail that the chip seems to show; absent where it cannot be told. */
  readonly effectiveResolution: number | undefined
  /** What to go by in pixels: see effectiveResolution. */
  readonly resolution: number
}

/** What of an EmbedRequest says which faces are meant. */
export type FaceQuery = Pick<EmbedRequest, 'faces' | 'regions' | 'minDetectionScore' | 'maxFaces' | 'minFaceResolution'>

/** More faces of one picture than this are never embedded: the largest stay. */
const MAX_FACES = 100

/**
 * Finds the faces a request is about and frames each for the model.
 * @throws DomainError FACE_NOT_FOUND for LARGEST without a face; FIELD_MISSING, FIELD_INVALID for unusable regions
 */
export async function faceChips(
  image: RgbImage,
  query: FaceQuery,
  preparation: Preparation,
  detector: FaceDetector,
): Promise<FaceChip[]> {
  if (query.faces === FaceSelection.WHOLE_IMAGE) return [judged(wholeImage(image, preparation))]
  const faces =
    query.faces === FaceSelection.GIVEN ? givenFaces(query, preparation) : await detect(image, query, detector)
  const chips = faces
    .map((face) => judged({ ...frame(image, face, preparation), region: toRegion(face) }))
    .filter((chip) => chip.resolution >= query.minFaceResolution)
  if (chips.length === 0 && query.faces !== FaceSelection.ALL) throw notFound(image, faces.length > 0)
  return chips
}

/** A face framed, before it is judged how much of it is to be seen. */
type FramedFace = Pick<FaceChip, 'chip' | 'region' | 'pictureResolution'>

function judged(framed: FramedFace): FaceChip {
  const { pixels, estimate } = effectiveResolution(framed.chip, framed.pictureResolution)
  return { ...framed, effectiveResolution: estimate, resolution: pixels }
}

function detect(image: RgbImage, query: FaceQuery, detector: FaceDetector): Promise<Face[]> {
  const largestOnly = query.faces !== FaceSelection.ALL
  return detector.detect(image, {
    ...(query.minDetectionScore === undefined ? {} : { minScore: query.minDetectionScore }),
    maxFaces: largestOnly ? 1 : Math.min(query.maxFaces || MAX_FACES, MAX_FACES),
  })
}

function notFound({ width, height }: RgbImage, tooSmall: boolean): DomainError {
  return new DomainError(
    'FACE_NOT_FOUND',
    tooSmall
      ? 'The face has fewer pixels than `min_face_resolution` asks for: ask for less, or send a closer picture.'
      : `No face was found in this ${width} x ${height} picture: send it with WHOLE_IMAGE if it is a face crop already, or with GIVEN and the face's place.`,
  )
}

/** A picture that is a crop already only needs the size of the network's input. */
function wholeImage(image: RgbImage, preparation: Preparation): FramedFace {
  return {
    chip: resizeBilinear(image, preparation.input.width, preparation.input.height),
    region: {
      box: { x: 0, y: 0, width: image.width, height: image.height },
      landmarks: [],
      detectionScore: 0,
    },
    pictureResolution: cropResolution(image),
  }
}

/** The face as the model wants it, and how many pixels of the source it shows. */
function frame(image: RgbImage, face: Face, { crop, input }: Preparation): Omit<FramedFace, 'region'> {
  if (crop.kind === 'margin') {
    return {
      chip: boxCrop(image, face.box, { margin: crop.margin, shortestSide: crop.resize, size: input.width }),
      pictureResolution: faceResolution(face.box) * (1 + crop.margin),
    }
  }
  const points = crop.template.map(([x, y]) => ({ x, y })) as unknown as FivePoints
  const template = { width: input.width, height: input.height, points }
  return {
    chip: alignFace(image, face.landmarks, template),
    pictureResolution: chipResolution(face.landmarks, template),
  }
}

function givenFaces({ regions }: FaceQuery, { crop }: Preparation): Face[] {
  if (regions.length === 0) {
    throw new DomainError('FIELD_MISSING', 'GIVEN needs `regions`: state where the faces are, or ask for LARGEST.')
  }
  if (regions.length > MAX_FACES) {
    throw new DomainError('FIELD_INVALID', `\`regions\` takes up to ${MAX_FACES} faces of a picture.`)
  }
  return regions.map((region) => toFace(region, crop.kind === 'alignment'))
}

function toFace({ box, landmarks, detectionScore }: FaceRegion, aligned: boolean): Face {
  if (!box || !(box.width > 0 && box.height > 0) || ![box.x, box.y, box.width, box.height].every(Number.isFinite)) {
    throw new DomainError('FIELD_INVALID', 'Each of `regions` needs a `box` whose width and height are above zero.')
  }
  const usable = landmarks.length === 5 && landmarks.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
  if (aligned && !usable) {
    throw new DomainError(
      'FIELD_INVALID',
      `This model aligns faces, so each of \`regions\` needs five finite landmarks (eyes, nose, mouth corners; the one on the left of the picture first); this one has ${landmarks.length}.`,
    )
  }
  return { box, landmarks: landmarks as unknown as FivePoints, score: detectionScore }
}

function toRegion(face: Face): FaceRegion {
  return { box: { ...face.box }, landmarks: face.landmarks.map((point) => ({ ...point })), detectionScore: face.score }
}
