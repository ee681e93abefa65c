import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { ProtocolImage } from '../../../libs/protocols/protocol.js'
import { KEY_BYTES } from './feature-cache.js'

/** How the faces of a protocol's pictures are found: `largest` where the data set does not say, `whole` takes every picture as a face. */
export type Faces = 'largest' | 'whole'

/** Raised when the same picture begins to give other features: a new detector, another way to degrade. */
const RECIPE = 1

/**
 * What stands for a picture in caches: its name, the size and time of its file, and how its face is found. A picture that is exchanged
 * for another of the same name is another picture.
 * @returns hex; undefined where there is no such file
 */
export async function pictureKey({ id, file, face }: ProtocolImage, faces: Faces): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) return undefined
  const identity = [RECIPE, id, found.size, found.mtimeMs, faces, faces === 'whole' ? null : (face ?? null)]
  return createHash('sha256')
    .update(JSON.stringify(identity))
    .digest('hex')
    .slice(0, 2 * KEY_BYTES)
}
