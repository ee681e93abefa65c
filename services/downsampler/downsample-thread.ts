// Runs in a thread of the pool: resampling a large picture would hold up every other call on the main thread.

import sharp from 'sharp'
import { toThreadResult } from '../../libs/config/thread-result.js'
import { decodeImage } from '../../libs/image/decode.js'
import { degrade, downsample } from '../../libs/image/degrade.js'
import { encodePng } from '../../libs/image/encode.js'
import type { DownsampleTask, VariantPicture } from './downsample-task.js'

// The pool has a thread for each core: threads of libvips' own would only get in their way.
sharp.concurrency(1)

/** Decodes a picture and makes its variants. */
export default function run({ file, resolutions, small, maxPixels }: DownsampleTask) {
  return toThreadResult(async () => {
    const image = await decodeImage(file, { maxPixels })
    const variants: VariantPicture[] = []
    for (const resolution of resolutions) {
      const picture = small ? downsample(image, resolution) : degrade(image, resolution)
      const { width, height } = picture
      variants.push({ resolution, png: await encodePng(picture), width, height, degraded: picture !== image })
    }
    return variants
  })
}
