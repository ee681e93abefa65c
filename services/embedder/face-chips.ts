import { type FaceRegion, FaceSelection } from '../../gen/crossres/v1/common.js'
import type { EmbedRequest } from '../../gen/crossres/v1/embedder.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { alignFace } from '../../libs/face/align-face.js'
import { boxCrop } from '../../libs/face/box-crop.js'
import type { Face, FivePoints } from '../../libs/face/face.js'
import type { FaceDetector } from '../../libs/face/face-detector.js'
import { cropResolution, faceResolution } from '../../libs/face/face-resolution.js'
import { resizeBilinear } from '../../libs/image/resize-bilinear.js'
import type { RgbImage } from '../../libs/image/rgb-image.js'
import type { Preparation } from '../../libs/models/model-card.js'

/** A face framed as a model wants it, with what is known of it. */
export interface FaceChip {
  /** Exactly the size of the model's input. */
  readonly chip: RgbImage
  readonly region: FaceRegion
  /** Face resolution in pixels of the source. */
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
  if (query.faces === FaceSelection.WHOLE_IMAGE) return [wholeImage(image, preparation)]
  const faces = query.faces === FaceSelection.GIVEN ? query.regions.map(toFace) : await detect(image, query, detector)
  if (query.faces === FaceSelection.GIVEN && faces.length === 0) {
    throw new DomainError('FIELD_MISSING', 'GIVEN needs `regions`: state where the faces are, or ask for LARGEST.')
  }
  return faces
    .map((face) => ({
      chip: frame(image, face, preparation),
      region: toRegion(face),
      resolution: faceResolution(face.box),
    }))
    .filter((face) => face.resolution >= query.minFaceResolution)
}

async function detect(image: RgbImage, query: FaceQuery, detector: FaceDetector): Promise<Face[]> {
  const largestOnly = query.faces !== FaceSelection.ALL
  const found = await detector.detect(image, {
    ...(query.minDetectionScore === undefined ? {} : { minScore: query.minDetectionScore }),
    maxFaces: largestOnly ? 1 : Math.min(query.maxFaces || MAX_FACES, MAX_FACES),
  })
  if (largestOnly && found.length === 0) {
    throw new DomainError(
      'FACE_NOT_FOUND',
      `No face was found in this ${image.width} x ${image.height} picture: send it with WHOLE_IMAGE if it is a face crop already, or with GIVEN and the face's place.`,
    )
  }
  return found
}

/** A picture that is a crop already only needs the size of the network's input. */
function wholeImage(image: RgbImage, preparation: Preparation): FaceChip {
  return {
    chip: resizeBilinear(image, preparation.input.width, preparation.input.height),
    region: {
      box: { x: 0, y: 0, width: image.width, height: image.height },
      landmarks: [],
      detectionScore: 0,
    },
    resolution: cropResolution(image),
  }
}

function frame(image: RgbImage, face: Face, preparation: Preparation): RgbImage {
  const { crop, input } = preparation
  if (crop.kind === 'margin') {
    return boxCrop(image, face.box, { margin: crop.margin, shortestSide: crop.resize, size: input.width })
  }
  const points = crop.template.map(([x, y]) => ({ x, y })) as unknown as FivePoints
  return alignFace(image, face.landmarks, { width: input.width, height: input.height, points })
}

function toFace(region: FaceRegion): Face {
  const { box } = region
  if (!box || !(box.width > 0 && box.height > 0) || ![box.x, box.y, box.width, box.height].every(Number.isFinite)) {
    throw new DomainError('FIELD_INVALID', 'Each of `regions` needs a `box` whose width and height are above zero.')
  }
  if (
    region.landmarks.length !== 5 ||
    !region.landmarks.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
  ) {
    throw new DomainError(
      'FIELD_INVALID',
      `Each of \`regions\` needs five finite landmarks (eyes, nose, mouth corners; the one on the left of the picture first); this one has ${region.landmarks.length}.`,
    )
  }
  return { box, landmarks: region.landmarks as unknown as FivePoints, score: region.detectionScore }
}

function toRegion(face: Face): FaceRegion {
  return { box: { ...face.box }, landmarks: face.landmarks.map((point) => ({ ...point })), detectionScore: face.score }
}
