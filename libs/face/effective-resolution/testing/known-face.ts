import { decodeImage } from '../../../image/decode.js'
import { encodeJpeg } from '../../../image/encode.js'
import type { RgbImage } from '../../../image/rgb-image.js'
import { alignFace } from '../../align-face.js'
import type { FivePoints } from '../../face.js'
import { chipResolution } from '../../face-resolution.js'
import type { AlignmentTemplate } from '../../templates.js'
import { type Kernel, resample } from './resample.js'

/** A photograph with a face in it. */
export interface KnownFace {
  readonly picture: RgbImage
  readonly landmarks: FivePoints
}

/** What happens to a face on its way. Sides are of the shortest side of the chip, in pixels of the picture. */
export interface Treatment {
  /** Detail that is left: the picture is made small enough to have this many pixels; absent: it stays as it is. */
  readonly resolution?: number
  readonly shrink?: Kernel
  /** JPEG quality of the small picture; absent: not compressed. */
  readonly smallQuality?: number
  /** Pixels that it is enlarged to; absent: it is sent small. */
  readonly enlargedTo?: number
  readonly enlarge?: Kernel
  /** JPEG quality of what is sent; absent: not compressed. */
  readonly quality?: number
  /** Share that the contrast is changed to. */
  readonly contrast?: number
  /** Standard deviation of noise in grey levels, with the normal numbers it is drawn by. */
  readonly noise?: { readonly deviation: number; normal(): number }
}

/** @returns the chip that a network sees, and what is measured by the picture's size alone */
export async function treatFace(
  { picture, landmarks }: KnownFace,
  template: AlignmentTemplate,
  treatment: Treatment,
): Promise<{ chip: RgbImage; geometric: number }> {
  const { resolution, enlargedTo, shrink = 'bilinear', enlarge = 'bilinear' } = treatment
  const before = chipResolution(landmarks, template)
  let sent = picture
  const scaleTo = (side: number, kernel: Kernel) => {
    const scale = side / before
    const [width, height] = [picture.width, picture.height].map((length) => Math.max(1, Math.round(length * scale)))
    return resample(sent, width as number, height as number, kernel)
  }
  if (resolution !== undefined) sent = scaleTo(resolution, shrink)
  if (treatment.smallQuality !== undefined) sent = await compressed(sent, treatment.smallQuality)
  if (enlargedTo !== undefined) sent = scaleTo(enlargedTo, enlarge)
  if (treatment.contrast !== undefined || treatment.noise) sent = disturbed(sent, treatment)
  if (treatment.quality !== undefined) sent = await compressed(sent, treatment.quality)
  const [x, y] = [sent.width / picture.width, sent.height / picture.height]
  const moved = landmarks.map((point) => ({ x: point.x * x, y: point.y * y })) as unknown as FivePoints
  return { chip: alignFace(sent, moved, template), geometric: chipResolution(moved, template) }
}

const compressed = async (image: RgbImage, quality: number) => decodeImage(await encodeJpeg(image, quality))

function disturbed(image: RgbImage, { contrast = 1, noise }: Treatment): RgbImage {
  const data = image.data.map((value) => {
    const disturbance = noise ? noise.deviation * noise.normal() : 0
    return Math.max(0, Math.min(255, Math.round(128 + (value - 128) * contrast + disturbance)))
  })
  return { ...image, data }
}
