import { listFolder, type PictureFile } from '../dataset/list-folder.js'
import { createRandom, type Random } from '../random/random.js'
import { singleTemplate } from './image-pairs.js'
import type {
  IdentificationProtocol,
  ProtocolImage,
  Template,
  TemplatePairs,
  VerificationProtocol,
} from './protocol.js'
import { readKnownFaces } from './protocol-files.js'
import { dataInvalid, dataMissing, type Origin, type ProtocolSource } from './protocol-source.js'

const origin: Origin = {
  title: 'A folder of subjects',
  distribution: 'Its pictures are yours: put those of each subject into a folder of its own.',
  layout: 'SUBJECT/PICTURE.jpg, with two or more pictures of most subjects and, where faces are known, landmarks.csv',
}

const DEFAULT_NON_MATED_PAIRS = 1_000_000

/**
 * Protocols for any folder of subject folders. The first half of a subject's pictures (sorted by name, rounded up) is its gallery template,
 * each of the rest is a probe. So a subject with one picture is enrolled and never searched for, which makes every search harder and
 * nothing else.
 *
 * - closed set: every probe is searched among all subjects;
 * - open set: the subjects are divided by the seed into two galleries, each searched with every probe, so that a probe is mated in one and
 *   non-mated in the other, as in IJB-B and IJB-C;
 * - verification: every probe with its own subject, and with the others up to a number of non-mated pairs, drawn by the seed.
 */
export const folderProtocol: ProtocolSource = {
  ...origin,
  name: 'folder',
  async open({ folder, seed, options }) {
    const bySubject = groupBySubject(folder, await picturesOf(folder), options.subjects)
    const { images, gallery, probes, own } = enrol(bySubject, await readKnownFaces(folder))
    if (gallery.length < 2 || probes.length === 0) {
      throw dataInvalid(origin, folder, 'it needs two subjects or more, and two pictures of one of them')
    }

    const shared = { images, templates: [...gallery, ...probes] }
    const probeIndices = Uint32Array.from(probes, (_, i) => gallery.length + i)
    const search = (name: string, galleries: IdentificationProtocol['galleries']): IdentificationProtocol => ({
      kind: 'identification',
      name,
      ...shared,
      galleries,
      probes: probeIndices,
    })
    const all = Uint32Array.from(gallery, (_, i) => i)
    // A generator each: how many pairs are drawn must not change who is in which gallery.
    const halves = drawHalves(all, createRandom(BigInt(seed)))
    const limit = options.nonMatedPairs ?? DEFAULT_NON_MATED_PAIRS
    const verification: VerificationProtocol = {
      kind: 'verification',
      name: 'folder-verification',
      ...shared,
      pairs: drawPairs(own, gallery.length, limit, createRandom(BigInt(seed))),
    }
    return [
      search('folder-closed-set', [{ name: 'all', templates: all }]),
      search('folder-open-set', halves),
      verification,
    ]
  },
}

function enrol(
  bySubject: ReadonlyMap<string, readonly PictureFile[]>,
  faces: Awaited<ReturnType<typeof readKnownFaces>>,
) {
  const images: ProtocolImage[] = []
  const gallery: Template[] = []
  const probes: Template[] = []
  /** Index of the gallery template of each probe. */
  const own: number[] = []
  for (const [subject, pictures] of bySubject) {
    const members = pictures.map(({ path, file }): ProtocolImage => {
      const face = faces.get(path)
      return { id: path, file, subject, ...(face && { face }) }
    })
    const enrolled = Math.ceil(pictures.length / 2)
    images.push(...members)
    // A subject's name has no slash in it and a picture's path has one, so ids do not clash.
    gallery.push({ id: subject, subject, images: members.slice(0, enrolled).map(({ id }) => id) })
    for (const image of members.slice(enrolled)) {
      probes.push(singleTemplate(image))
      own.push(gallery.length - 1)
    }
  }
  return { images, gallery, probes, own }
}

async function picturesOf(folder: string): Promise<PictureFile[]> {
  return listFolder(folder).catch((cause: unknown) => {
    throw dataMissing(origin, folder, 'cannot be read', cause)
  })
}

function groupBySubject(folder: string, pictures: readonly PictureFile[], wanted: readonly string[] | undefined) {
  const groups = new Map<string, PictureFile[]>()
  for (const picture of pictures) {
    if (picture.subject === null) throw dataInvalid(origin, folder, 'its pictures lie in no subject folders')
    const group = groups.get(picture.subject)
    if (group) group.push(picture)
    else groups.set(picture.subject, [picture])
  }
  if (wanted === undefined) return groups
  const absent = wanted.find((subject) => !groups.has(subject))
  if (absent !== undefined) throw dataMissing(origin, `${folder}/${absent}`, 'is missing or has no pictures')
  const kept = new Set(wanted)
  return new Map([...groups].filter(([subject]) => kept.has(subject)))
}

function drawHalves(all: Uint32Array, random: Random): IdentificationProtocol['galleries'] {
  const order = [...all]
  random.shuffle(order)
  const middle = Math.ceil(order.length / 2)
  return [order.slice(0, middle), order.slice(middle)].map((part, i) => ({
    name: `half ${i + 1}`,
    templates: Uint32Array.from(part).sort(),
  }))
}

/**
 * Pairs of a probe and a gallery template, probe by probe.
 * @param own index of each probe's own template
 * @param subjects count of gallery templates, which come before the probes
 */
function drawPairs(own: readonly number[], subjects: number, limit: number, random: Random): TemplatePairs {
  const others = Math.min(subjects - 1, Math.max(1, Math.floor(limit / own.length)))
  const size = own.length * (1 + others)
  const pairs = {
    reference: new Uint32Array(size),
    probe: new Uint32Array(size),
    mated: new Uint8Array(size),
    fold: new Uint8Array(size),
    folds: 1,
  }
  const order = Array.from({ length: subjects }, (_, i) => i)
  let at = 0
  for (const [i, self] of own.entries()) {
    pairs.mated[at] = 1
    const references = [
      self,
      ...(others === subjects - 1 ? order.filter((s) => s !== self) : draw(order, self, others, random)),
    ]
    for (const reference of references) {
      pairs.reference[at] = reference
      pairs.probe[at++] = subjects + i
    }
  }
  return pairs
}

/** Some of a list, each at most once and never `self`: the beginning of a shuffle (Fisher and Yates). Reorders the list. */
function draw(list: number[], self: number, count: number, random: Random): number[] {
  const drawn: number[] = []
  for (let first = 0; drawn.length < count; first++) {
    const other = random.integer(first, list.length - 1)
    const value = list[other] as number
    list[other] = list[first] as number
    list[first] = value
    if (value !== self) drawn.push(value)
  }
  return drawn
}
