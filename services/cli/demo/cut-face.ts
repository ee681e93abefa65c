import type { FaceRegion } from '../../../gen/crossres/v1/common.js'
import type { Model } from '../../../gen/crossres/v1/embedder.js'
import { alignFace } from '../../../libs/face/align-face.js'
import { boxCrop } from '../../../libs/face/box-crop.js'
import type { FivePoints } from '../../../libs/face/face.js'
import { adjustBrightness } from '../../../libs/image/adjust-brightness.js'
import { flipHorizontal } from '../../../libs/image/flip.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'

/** Cuts a face out of a picture. */
export type CutFace = (image: RgbImage, region: FaceRegion) => RgbImage

/** Share of the chip's side that a changed probe is moved by, to the right and down. */
export const PROBE_SHIFT = 0.03
/** Factor on the pixels of a changed probe. */
export const PROBE_BRIGHTNESS = 0.85

/**
 * @param shift share of the chip's side that the face lies too far to the right and down
 * @returns a function that frames a face as `model` wants it
 */
export function createCutFace(model: Model, shift = 0): CutFace {
  const { width = 0, height = 0 } = model.input ?? {}
  const kind = model.crop?.kind
  if (kind?.$case === 'margin') {
    return (image, { box }) => {
      const { x, y, width: w, height: h } = box ?? { x: 0, y: 0, width: image.width, height: image.height }
      const moved = { x: x - shift * w, y: y - shift * h, width: w, height: h }
      return boxCrop(image, moved, { margin: kind.value.margin, shortestSide: kind.value.resize, size: width })
    }
  }
  const points = (kind?.value.template ?? []).map(({ x, y }) => ({ x: x + shift * width, y: y + shift * height }))
  const template = { width, height, points: points as unknown as FivePoints }
  return (image, { landmarks }) => alignFace(image, landmarks as unknown as FivePoints, template)
}

/** Mirrored and darker: with the shift of {@link PROBE_SHIFT}, a probe that is not the enrolled picture over again. */
export function changed(chip: RgbImage): RgbImage {
  return adjustBrightness(flipHorizontal(chip), PROBE_BRIGHTNESS)
}
