import type { ProtocolImage, Template, VerificationProtocol } from './protocol.js'

/** Two pictures to compare, by id. */
export interface ImagePair {
  readonly reference: string
  readonly probe: string
  readonly mated: boolean
}

/** A template of a single picture, under the picture's id. */
export const singleTemplate = ({ id, subject }: ProtocolImage): Template => ({ id, subject, images: [id] })

/**
 * Comparisons of single pictures, as in LFW.
 * @param images each once; all that the pairs name
 * @param folds at most 256
 */
export function compareImages(
  name: string,
  images: readonly ProtocolImage[],
  folds: readonly (readonly ImagePair[])[],
): VerificationProtocol {
  const indexOf = new Map(images.map(({ id }, index) => [id, index]))
  const index = (id: string): number => {
    const found = indexOf.get(id)
    if (found === undefined) throw new Error(`a pair names the picture ${id}, which is not listed`)
    return found
  }
  const pairs = folds.flat()
  return {
    kind: 'verification',
    name,
    images,
    templates: images.map(singleTemplate),
    pairs: {
      reference: Uint32Array.from(pairs, ({ reference }) => index(reference)),
      probe: Uint32Array.from(pairs, ({ probe }) => index(probe)),
      mated: Uint8Array.from(pairs, ({ mated }) => Number(mated)),
      fold: Uint8Array.from(folds.flatMap((fold, number) => fold.map(() => number))),
      folds: folds.length,
    },
  }
}
