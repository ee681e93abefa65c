import { DomainError } from '../../../libs/config/domain-error.js'
import type { ProtocolImage } from '../../../libs/protocols/protocol.js'
import { createRandom, type Random } from '../../../libs/random/random.js'

/** Pictures of some subjects, and what they are for. */
export interface ChosenPictures {
  /** Names of the subjects; pictures have their index. */
  readonly subjects: readonly string[]
  /** Enrolled as they are. */
  readonly templates: readonly ChosenPicture[]
  /** Compared with the templates, at every band. */
  readonly probes: readonly ChosenPicture[]
}

/** One of them. */
export interface ChosenPicture {
  readonly image: ProtocolImage
  readonly subject: number
}

/** More pictures of one subject tell little that is new, and would let those with many speak for all. */
const MOST_TEMPLATES = 4
const MOST_PROBES = 10
/** Comparisons of one band: more would tell nothing new of a few thousand subjects. */
const MOST_COMPARISONS = 4_000_000
/** Strangers of each other need two. */
const LEAST_SUBJECTS = 2

/**
 * Divides subjects into those to fit on and those to check on, and chooses their pictures: of each subject half for templates and half for
 * probes, some of each at most. All by the seed, whatever the order of the pictures.
 * @param checkShare in (0, 1)
 * @throws DomainError CALIBRATION_DATA_INSUFFICIENT
 */
export function choosePictures(
  images: readonly ProtocolImage[],
  { checkShare, seed }: { readonly checkShare: number; readonly seed: number },
): { readonly fit: ChosenPictures; readonly check: ChosenPictures } {
  const random = createRandom(BigInt(seed))
  const bySubject = new Map<string, ProtocolImage[]>()
  for (const image of images.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    if (image.subject === null) continue
    const pictures = bySubject.get(image.subject)
    if (pictures) pictures.push(image)
    else bySubject.set(image.subject, [image])
  }
  const subjects = [...bySubject.keys()]
  random.shuffle(subjects)
  const checked = Math.round(checkShare * subjects.length)
  const [check, fit] = [subjects.slice(0, checked), subjects.slice(checked)].map((names) => {
    const chosen = choose(names.sort(), bySubject, random)
    if (names.length < LEAST_SUBJECTS || chosen.probes.length === 0) throw tooFew(subjects.length, checkShare)
    return chosen
  }) as [ChosenPictures, ChosenPictures]
  return { fit, check }
}

function choose(
  subjects: readonly string[],
  bySubject: ReadonlyMap<string, readonly ProtocolImage[]>,
  random: Random,
): ChosenPictures {
  const templates: ChosenPicture[] = []
  const probes: ChosenPicture[] = []
  for (const [subject, name] of subjects.entries()) {
    const pictures = [...(bySubject.get(name) ?? [])]
    random.shuffle(pictures)
    const half = Math.ceil(pictures.length / 2)
    const chosen = (from: number, to: number) => pictures.slice(from, to).map((image) => ({ image, subject }))
    templates.push(...chosen(0, Math.min(half, MOST_TEMPLATES)))
    probes.push(...chosen(half, half + MOST_PROBES))
  }
  random.shuffle(probes)
  return { subjects, templates, probes: probes.slice(0, Math.floor(MOST_COMPARISONS / Math.max(1, templates.length))) }
}

function tooFew(subjects: number, checkShare: number): DomainError {
  return new DomainError(
    'CALIBRATION_DATA_INSUFFICIENT',
    `${subjects} subjects cannot be divided into some to fit on and a share of ${checkShare} to check on, each with two pictures of somebody: take a data set of more subjects.`,
    { subjects: String(subjects) },
  )
}
