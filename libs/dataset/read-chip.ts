import { DomainError } from '../config/domain-error.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { Preparation } from '../models/model-card.js'
import type { ChipView } from './augment.js'
import type { FaceItem } from './face-item.js'
import { frameFace } from './frame-face.js'
import { measureFace } from './measure-face.js'
import { readPicture } from './read-picture.js'

/** The chips of an item, or the reason why its picture is skipped. */
export type ReadChips =
  | {
      readonly chips: readonly RgbImage[]
      /** Face resolution before any view degraded it, see measureFace. */
      readonly resolution: number
    }
  | { readonly skipped: { readonly path: string; readonly reason: string } }

/**
 * Decodes a picture once and shows its face under each view.
 * @returns chips of the input's size in the order of the views; a picture that cannot be used is told, not thrown
 */
export async function readChips(
  item: FaceItem,
  views: readonly ChipView[],
  preparation: Preparation,
): Promise<ReadChips> {
  try {
    const image = await readPicture(item)
    const chips = views.map((view) => frameFace(image, item.face, preparation, view))
    return { chips, resolution: measureFace(image, item.face, preparation) }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { skipped: { path: item.path, reason: error.reason } }
  }
}
