import { boxCrop } from '../face/box-crop.js'
import type { Point } from '../face/face.js'
import { type Affine, scaleOf, similarityTransform } from '../face/similarity-transform.js'
import { warpAffine } from '../face/warp.js'
import { degrade } from '../image/degrade.js'
import { toGrey } from '../image/grey.js'
import { resizeBilinear } from '../image/resize-bilinear.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { Preparation } from '../models/model-card.js'
import { type ChipView, composeAffine, jitterMatrix, keepsPlace } from './augment.js'
import type { KnownFace } from './face-item.js'

/**
 * The face as the network sees it, under a view. A view that keeps every pixel's place gives exactly the chip that the embedder makes
 * of this face; others move the face by one warp straight from the picture. `view.resolution` is one of the source: a face that
 * has no more pixels than that stays as it is.
 *
 * @param face absent: the whole picture, brought to the input's size
 * @returns a picture of the input's size
 * @throws DomainError FACE_LANDMARKS_DEGENERATE, FACE_BOX_OUTSIDE, IMAGE_SIZE_INVALID
 */
export function frameFace(
  picture: RgbImage,
  face: KnownFace | undefined,
  preparation: Preparation,
  view: ChipView,
): RgbImage {
  const { width, height } = preparation.input
  const coarser = view.sourceResolution > 0 && view.sourceResolution < Math.min(picture.width, picture.height)
  const image = coarser ? degrade(picture, view.sourceResolution) : picture
  const place = placeInChip(image, face, preparation)
  const matrix = composeAffine(jitterMatrix(view, width, height), place)
  const framed = keepsPlace(view)
    ? plainChip(image, face, preparation, place)
    : warpAffine(image, matrix, width, height)
  const shown = Math.min(width, height) / scaleOf(matrix)
  const degraded = view.resolution > 0 && view.resolution < shown ? degrade(framed, view.resolution) : framed
  return view.grey ? toGrey(degraded) : degraded
}

/** @returns the face where the card's network is to see it aligned, and it can be */
export function alignedFace(face: KnownFace | undefined, { crop }: Preparation): KnownFace | undefined {
  return crop.kind === 'alignment' && face?.landmarks.length === 5 ? face : undefined
}

function plainChip(image: RgbImage, face: KnownFace | undefined, preparation: Preparation, place: Affine): RgbImage {
  const { input, crop } = preparation
  if (alignedFace(face, preparation)) return warpAffine(image, place, input.width, input.height)
  if (face === undefined || crop.kind !== 'margin') return resizeBilinear(image, input.width, input.height)
  return boxCrop(image, face.box, { margin: crop.margin, shortestSide: crop.resize, size: input.width })
}

/**
 * From the picture to the chip of a network that aligns its faces, in pixels.
 * @throws DomainError FACE_LANDMARKS_DEGENERATE
 */
export function alignment(landmarks: readonly Point[], { crop }: Preparation): Affine {
  const template = crop.kind === 'alignment' ? crop.template : []
  return similarityTransform(
    landmarks,
    template.map(([x, y]) => ({ x, y })),
  )
}

/** Where a point of the picture lies in the plain chip. */
function placeInChip(image: RgbImage, face: KnownFace | undefined, preparation: Preparation): Affine {
  const { input, crop } = preparation
  const aligned = alignedFace(face, preparation)
  if (aligned) return alignment(aligned.landmarks, preparation)
  if (face === undefined || crop.kind !== 'margin') {
    return [input.width / image.width, 0, 0, 0, input.height / image.height, 0]
  }
  // As boxCrop does it: the grown box has whole pixels and ends at the border of the picture; its centre is the chip's.
  const { box } = face
  const growX = (box.width * crop.margin) / 2
  const growY = (box.height * crop.margin) / 2
  const left = Math.max(0, Math.round(box.x - growX))
  const top = Math.max(0, Math.round(box.y - growY))
  const right = Math.min(image.width, Math.round(box.x + box.width + growX))
  const bottom = Math.min(image.height, Math.round(box.y + box.height + growY))
  const scale = crop.resize / Math.min(right - left, bottom - top)
  return [
    scale,
    0,
    input.width / 2 - (scale * (left + right)) / 2,
    0,
    scale,
    input.height / 2 - (scale * (top + bottom)) / 2,
  ]
}
