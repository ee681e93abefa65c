import type { ProtocolImage, Template } from './protocol.js'

/** Features of pictures. */
export interface ImageFeatures {
  readonly dimension: number
  /** @returns the feature of a picture, by id; undefined where none could be extracted */
  of(image: string): Float32Array | undefined
  /** @returns what the feature of a picture is multiplied by, such as the detector's score; default 1 */
  weightOf?(image: string): number
}

interface Found {
  readonly feature: Float32Array
  /** That the picture is of, and how many of its frames there are. */
  readonly medium: { readonly id: string; frames: number } | undefined
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
  const find = finder(images)
  const fused = new Float32Array(templates.length * dimension)
  const fusedPresent = new Uint8Array(templates.length)
  const sum = new Float64Array(dimension)

  for (const [t, { id, images: members }] of templates.entries()) {
    const found: Found[] = []
    const mediumOf = createMedia()
    for (const member of members) {
      const image = find(member)
      if (image === undefined) {
        throw new Error(`Template ${id} names the picture ${member}, which the protocol does not list.`)
      }
      const feature = of(member)
      if (feature === undefined) continue
      const medium = mediumOf(image)
      if (medium) medium.frames++
      found.push({ feature, medium, weight: weightOf(member) })
    }
    if (found.length === 0) continue
    fusedPresent[t] = 1
    // The sum over media stands for their mean: the scaling to length 1 makes them the same.
    sum.fill(0)
    for (const { feature, medium, weight } of found) addTo(sum, feature, weight / (medium?.frames ?? 1))
    let squares = 0
    for (let d = 0; d < dimension; d++) squares += (sum[d] as number) ** 2
    const length = Math.sqrt(squares)
    if (length > 0) for (let d = 0; d < dimension; d++) fused[t * dimension + d] = (sum[d] as number) / length
  }
  return { features: fused, present: fusedPresent }
}

/** Finds the medium of pictures. Frames of a video mostly follow each other, and then need no look-up. */
function createMedia() {
  const media = new Map<string, { readonly id: string; frames: number }>()
  let last: Found['medium']
  return ({ medium: id }: ProtocolImage): Found['medium'] => {
    if (id === undefined) return undefined
    if (last?.id !== id) {
      last = media.get(id) ?? { id, frames: 0 }
      media.set(id, last)
    }
    return last
  }
}

/** Looks pictures up by id. Templates mostly name them in their order, and then no table of half a million is needed. */
function finder(images: readonly ProtocolImage[]) {
  let next = 0
  let rows: Map<string, number> | undefined
  return (id: string): ProtocolImage | undefined => {
    if (images[next]?.id !== id) {
      rows ??= new Map(images.map((image, row) => [image.id, row]))
      next = rows.get(id) ?? images.length
    }
    return images[next++]
  }
}

function addTo(sum: Float64Array, feature: Float32Array, share: number): void {
  for (let d = 0; d < sum.length; d++) sum[d] = (sum[d] as number) + share * (feature[d] as number)
}
