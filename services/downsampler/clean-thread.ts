// Runs in a thread of the pool: encoding a large picture would hold up every call on the main thread.

import sharp from 'sharp'
import { toThreadResult } from '../../libs/config/thread-result.js'
import { decodeImage } from '../../libs/image/decode.js'
import { encodePng } from '../../libs/image/encode.js'
import type { CleanPicture, CleanTask } from './clean-task.js'

// The pool has a thread for each core: threads of libvips' own would only get in their way.
sharp.concurrency(1)

/** Decodes a picture whole and encodes its pixels alone, without loss: place, camera and owner stay behind. */
export default function run({ file, maxPixels }: CleanTask) {
  return toThreadResult(async (): Promise<CleanPicture> => {
    const image = await decodeImage(file, { maxPixels })
    return { png: await encodePng(image), width: image.width, height: image.height }
  })
}
