import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRandom, type Random } from '../../libs/random/random.js'

/** How much there is of everything. */
export interface EvaluationSizes {
  readonly images: number
  /** Subjects of either gallery, one template each; nobody is in both. */
  readonly galleries: readonly [number, number]
  readonly probes: number
  readonly matedPairs: number
  readonly nonMatedPairs: number
  readonly dimension: number
}

/** Files of columns, by name; numbers are uint32 but for the features, float32, and `mated`, bytes. */
export interface EvaluationFiles {
  /** [images, dimension], of length one. */
  readonly features: string
  /** The template of each picture, and its medium. */
  readonly template: string
  readonly medium: string
  /** The subject of each template: those of the galleries come first. */
  readonly subject: string
  readonly reference: string
  readonly probe: string
  readonly mated: string
}

/** Of IJB-C; sources: B. Maze et al. (2018), and the lists of its 1:1 and 1:N protocols. */
const IJBC: EvaluationSizes = {
  images: 469_375,
  galleries: [1_772, 1_759],
  probes: 19_593,
  matedPairs: 19_557,
  nonMatedPairs: 15_638_932,
  dimension: 128,
}

/** @returns the sizes of IJB-C, each divided by `divisor`, pairs by its square */
export function ijbcSizes(divisor: number): EvaluationSizes {
  const part = (size: number) => Math.ceil(size / divisor)
  const [first, second] = IJBC.galleries
  return {
    images: part(IJBC.images),
    galleries: [part(first), part(second)],
    probes: part(IJBC.probes),
    matedPairs: part(IJBC.matedPairs),
    nonMatedPairs: part(part(IJBC.nonMatedPairs)),
    dimension: IJBC.dimension,
  }
}

/** Longest video, in frames. */
const MOST_FRAMES = 12
/** How far pictures and media lie from their template, and templates, good ones and poor ones, from their subject, of length one. */
const SPREAD = { medium: 0.8, picture: 1.6, template: { least: 0.3, most: 2 } }

/**
 * Makes up features with the structure of IJB-C: pictures of media of templates of subjects, each scattered around what it belongs to.
 * Comparisons go reference by reference, as in the lists.
 */
export async function writeEvaluation(sizes: EvaluationSizes, seed: bigint, folder: string): Promise<EvaluationFiles> {
  const random = createRandom(seed)
  const { galleries, probes } = sizes
  const subjects = galleries[0] + galleries[1]
  const subject = Uint32Array.from({ length: subjects + probes }, (_, template) =>
    // Every subject is searched for at least once, as far as the probes go.
    template < 2 * subjects ? template % subjects : random.integer(0, subjects - 1),
  )
  const { template, medium } = drawPictures(sizes.images, subject.length, random)
  const columns = {
    features: scatter({ template, medium, subject }, subjects, sizes.dimension, random),
    template,
    medium,
    subject,
    ...drawPairs(sizes, subject, random),
  }
  const files: Record<string, string> = {}
  for (const [name, column] of Object.entries(columns)) {
    const file = join(folder, name)
    await writeFile(file, column)
    files[name] = file
  }
  return files as unknown as EvaluationFiles
}

/** One picture of every template at least, videos of some frames and stills. */
function drawPictures(images: number, templates: number, random: Random) {
  const sizes = new Uint32Array(templates).fill(1)
  for (let left = images - templates; left > 0; left--) {
    const one = random.integer(0, templates - 1)
    sizes[one] = (sizes[one] as number) + 1
  }
  const template = new Uint32Array(images)
  const medium = new Uint32Array(images)
  let [at, media] = [0, 0]
  for (const [of, size] of sizes.entries()) {
    for (let left = size; left > 0; media++) {
      for (let frames = Math.min(left, random.integer(1, MOST_FRAMES)); frames > 0; frames--, left--) {
        template[at] = of
        medium[at++] = media
      }
    }
  }
  return { template, medium }
}

function scatter(
  { template, medium, subject }: Readonly<Record<'template' | 'medium' | 'subject', Uint32Array>>,
  subjects: number,
  dimension: number,
  random: Random,
): Float32Array {
  // Coordinates of a vector of about length one.
  const step = Math.sqrt(3 / dimension)
  const draw = (scale: number) => scale * random.uniform(-step, step)
  const centres = Float32Array.from({ length: subjects * dimension }, () => draw(1))
  const features = new Float32Array(template.length * dimension)
  const [ofTemplate, ofMedium] = [new Float32Array(dimension), new Float32Array(dimension)]
  for (let image = 0; image < template.length; image++) {
    const centre = (subject[template[image] as number] as number) * dimension
    if (template[image] !== template[image - 1]) {
      const spread = random.uniform(SPREAD.template.least, SPREAD.template.most)
      for (let d = 0; d < dimension; d++) ofTemplate[d] = (centres[centre + d] as number) + draw(spread)
    }
    if (medium[image] !== medium[image - 1]) {
      for (let d = 0; d < dimension; d++) ofMedium[d] = (ofTemplate[d] as number) + draw(SPREAD.medium)
    }
    const feature = features.subarray(image * dimension, (image + 1) * dimension)
    let squares = 0
    for (let d = 0; d < dimension; d++) {
      const value = (ofMedium[d] as number) + draw(SPREAD.picture)
      feature[d] = value
      squares += value * value
    }
    const length = Math.sqrt(squares)
    for (let d = 0; d < dimension; d++) feature[d] = (feature[d] as number) / length
  }
  return features
}

/** Of every reference its mated comparisons, and as many others with rising probes as there is room for. */
function drawPairs(
  { galleries, probes, matedPairs, nonMatedPairs }: EvaluationSizes,
  subject: Uint32Array,
  random: Random,
) {
  const references = galleries[0] + galleries[1]
  const count = matedPairs + nonMatedPairs
  const columns = { reference: new Uint32Array(count), probe: new Uint32Array(count), mated: new Uint8Array(count) }
  const mates = Array.from({ length: references }, (): number[] => [])
  for (let probe = 0; probe < matedPairs; probe++) mates[subject[references + probe] as number]?.push(probe)
  let [at, others] = [0, 0]
  const add = (reference: number, probe: number, mated: number) => {
    columns.reference[at] = reference
    columns.probe[at] = references + probe
    columns.mated[at++] = mated
  }
  for (let reference = 0; reference < references; reference++) {
    for (const probe of mates[reference] as number[]) add(reference, probe, 1)
    // What is left is spread evenly over the references that are left.
    let wanted = Math.round((nonMatedPairs - others) / (references - reference))
    for (let probe = 0; probe < probes && wanted > 0; probe++) {
      const room = probes - probe
      if (subject[references + probe] === reference || random.uniform() * room >= wanted) continue
      add(reference, probe, 0)
      wanted--
      others++
    }
  }
  return {
    reference: columns.reference.subarray(0, at),
    probe: columns.probe.subarray(0, at),
    mated: columns.mated.subarray(0, at),
  }
}
