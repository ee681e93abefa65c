import type { ProtocolImage, Template } from './protocol.js'

/** Features of pictures. */
export interface ImageFeatures {
  /** `images.length * dimension` numbers, row by row, in the order of the pictures. */
  readonly features: Float32Array
  readonly dimension: number
  /** 1 for each picture that has a feature, 0 where none could be extracted; default: all have one. */
  readonly present?: Uint8Array
  /** What the feature of each picture is multiplied by, such as the detector's score; default 1. */
  readonly weights?: Float32Array
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
  { features, dimension, present, weights }: ImageFeatures,
): TemplateFeatures {
  const rowOf = new Map(images.map(({ id }, row) => [id, row]))
  const fused = new Float32Array(templates.length * dimension)
  const fusedPresent = new Uint8Array(templates.length)

  for (const [t, { id, images: members }] of templates.entries()) {
    const media = new Map<string | symbol, number[]>()
    for (const member of members) {
      const row = rowOf.get(member)
      if (row === undefined)
        throw new Error(`Template ${id} names the picture ${member}, which the protocol does not list.`)
      if (present?.[row] === 0) continue
      const medium = images[row]?.medium ?? Symbol()
      const rows = media.get(medium)
      if (rows) rows.push(row)
      else media.set(medium, [row])
    }
    if (media.size === 0) continue
    const sum = new Float64Array(dimension)
    for (const rows of media.values()) addMean(sum, rows, features, weights)
    fusedPresent[t] = 1
    const length = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0))
    if (length > 0) for (let d = 0; d < dimension; d++) fused[t * dimension + d] = (sum[d] as number) / length
  }
  return { features: fused, present: fusedPresent }
}

/** The sum over media stands for their mean: the scaling to length 1 makes them the same. */
function addMean(sum: Float64Array, rows: readonly number[], features: Float32Array, weights?: Float32Array): void {
  for (const row of rows) {
    const share = (weights?.[row] ?? 1) / rows.length
    for (let d = 0; d < sum.length; d++)
      sum[d] = (sum[d] as number) + share * (features[row * sum.length + d] as number)
  }
}
