import type { ProtocolImage, Template } from './protocol.js'

/** Features of pictures. */
export interface ImageFeatures {
  readonly dimension: number
  /** @returns the feature of a picture, by id; undefined where none could be extracted */
  of(image: string): Float32Array | undefined
  /** @returns what the feature of a picture is multiplied by, such as the detector's score; default 1 */
  weightOf?(image: string): number
}

interface Frame {
  readonly feature: Float32Array
  readonly weight: number
}

/** Features of templates. */
export interface TemplateFeatures {
  /** `templates.length * dimension` numbers; rows of length 1, or 0 where there is none. */
  readonly features: Float32Array
  /** 0 for a template none of whose pictures has a feature: its comparisons are misses. */
  readonly present: Uint8Array
}

/**
 * One feature a template: the mean within a medium (so that a video of a hundred frames does not outvote a still), the mean over the media,
 * then scaled to length 1. Features of pictures count as they are given: normalised or not is the caller's choice.
 * Source: W. Xie, A. Zisserman, "Multicolumn Networks for Face Recognition", BMVC 2018, and the evaluations of IJB since.
 *
 * @throws Error for a template of a picture that is not listed
 */
export function fuseTemplates(
  { images, templates }: { readonly images: readonly ProtocolImage[]; readonly templates: readonly Template[] },
  { dimension, of, weightOf = () => 1 }: ImageFeatures,
): TemplateFeatures {
  const mediumOf = new Map<string, string | undefined>()
  for (const { id, medium } of images) mediumOf.set(id, medium)
  const fused = new Float32Array(templates.length * dimension)
  const fusedPresent = new Uint8Array(templates.length)

  for (const [t, { id, images: members }] of templates.entries()) {
    const media = new Map<string | symbol, Frame[]>()
    for (const member of members) {
      const medium = mediumOf.get(member)
      if (medium === undefined && !mediumOf.has(member)) {
        throw new Error(`Template ${id} names the picture ${member}, which the protocol does not list.`)
      }
      const feature = of(member)
      if (feature === undefined) continue
      const frame = { feature, weight: weightOf(member) }
      const frames = medium === undefined ? undefined : media.get(medium)
      if (frames) frames.push(frame)
      else media.set(medium ?? Symbol(), [frame])
    }
    if (media.size === 0) continue
    const sum = new Float64Array(dimension)
    for (const frames of media.values()) addMean(sum, frames)
    fusedPresent[t] = 1
    let squares = 0
    for (let d = 0; d < dimension; d++) squares += (sum[d] as number) ** 2
    const length = Math.sqrt(squares)
    if (length > 0) for (let d = 0; d < dimension; d++) fused[t * dimension + d] = (sum[d] as number) / length
  }
  return { features: fused, present: fusedPresent }
}

/** The sum over media stands for their mean: the scaling to length 1 makes them the same. */
function addMean(sum: Float64Array, frames: readonly Frame[]): void {
  for (const { feature, weight } of frames) {
    const share = weight / frames.length
    for (let d = 0; d < sum.length; d++) sum[d] = (sum[d] as number) + share * (feature[d] as number)
  }
}
