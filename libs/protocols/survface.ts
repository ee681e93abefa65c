import { join } from 'node:path'
import { compareImages, type ImagePair, singleTemplate } from './image-pairs.js'
import { type LabelledName, readLabelledNames } from './labelled-names.js'
import { readMatFile } from './mat-file.js'
import { nameTable } from './mat-list.js'
import type { IdentificationProtocol, ProtocolImage, Template, VerificationProtocol } from './protocol.js'
import { firstExisting, listPictures, readRequired, requirePath, requirePictures } from './protocol-files.js'
import { type Origin, type ProtocolSource, parsing } from './protocol-source.js'

const origin: Origin = {
  title: 'QMUL-SurvFace',
  distribution: 'Its owners distribute it at https://qmul-survface.github.io/.',
  layout:
    'Face_Identification_Test_Set (gallery, mated_probe, unmated_probe, gallery_img_ID_pairs.mat, mated_probe_img_ID_pairs.mat) and Face_Verification_Test_Set (verification_images, positive_pairs_names.mat, negative_pairs_names.mat)',
}

/**
 * QMUL-SurvFace's two protocols: open-set identification (a gallery template is the mean over a subject's pictures, a probe a single
 * picture) and 5,320 + 5,320 verification pairs.
 * Source: Z. Cheng, X. Zhu, S. Gong, "Surveillance Face Recognition Challenge", arXiv 1804.09691.
 */
export const survface: ProtocolSource = {
  ...origin,
  name: 'survface',
  async open({ folder }) {
    const root = (await firstExisting(folder, ['QMUL-SurvFace'])) ?? folder
    return [await readIdentification(root), await readVerification(root)]
  },
}

async function readIdentification(root: string): Promise<IdentificationProtocol> {
  const folder = await requirePath(origin, root, ['Face_Identification_Test_Set'])
  const gallery = await readLabelledNames(origin, join(folder, 'gallery_img_ID_pairs.mat'), 'gallery')
  const mated = await readLabelledNames(origin, join(folder, 'mated_probe_img_ID_pairs.mat'), 'mated_probe')
  const unmated = await listPictures(origin, join(folder, 'unmated_probe'))

  const image = (sub: string, name: string, subject: string | null): ProtocolImage => ({
    id: `${sub}/${name}`,
    file: join(folder, sub, name),
    subject,
  })
  const enrolled = gallery.map(({ name, subject }) => image('gallery', name, subject))
  const probes = [
    ...mated.map(({ name, subject }) => image('mated_probe', name, subject)),
    // Persons of file names and identities of the lists count differently, so these must not look like the gallery's.
    ...unmated.map((name) => image('unmated_probe', name, prefixed('unmated-', personOf(name)))),
  ]
  const images = [...enrolled, ...probes]
  await requirePictures(
    origin,
    folder,
    images.map(({ id }) => id),
  )

  const subjects = subjectTemplates(enrolled, gallery)
  return {
    kind: 'identification',
    name: 'survface-identification',
    images,
    templates: [...subjects, ...probes.map(singleTemplate)],
    galleries: [{ name: 'gallery', templates: Uint32Array.from(subjects, (_, i) => i) }],
    probes: Uint32Array.from(probes, (_, i) => subjects.length + i),
  }
}

function subjectTemplates(images: readonly ProtocolImage[], labels: readonly LabelledName[]): Template[] {
  const ids = new Map<string, string[]>()
  for (const [i, { subject }] of labels.entries()) {
    const list = ids.get(subject) ?? []
    ids.set(subject, list)
    list.push(images[i]?.id ?? '')
  }
  return Array.from(ids, ([subject, list]) => ({ id: `gallery/${subject}`, subject, images: list }))
}

async function readVerification(root: string): Promise<VerificationProtocol> {
  const folder = await requirePath(origin, root, ['Face_Verification_Test_Set'])
  const pairs = [...(await readPairs(folder, 'positive', true)), ...(await readPairs(folder, 'negative', false))]
  const names = [...new Set(pairs.flatMap(({ reference, probe }) => [reference, probe]))].sort()
  const pictures = join(folder, 'verification_images')
  await requirePictures(origin, pictures, names)
  const images = names.map((name) => ({ id: name, file: join(pictures, name), subject: personOf(name) }))
  return compareImages('survface-verification', images, [pairs])
}

async function readPairs(folder: string, sign: 'positive' | 'negative', mated: boolean): Promise<ImagePair[]> {
  const variable = `${sign}_pairs_names`
  const file = join(folder, `${variable}.mat`)
  const bytes = await readRequired(origin, file)
  return parsing(origin, file, () =>
    nameTable(readMatFile(bytes), variable, 2).map(([reference = '', probe = '']) => ({ reference, probe, mated })),
  )
}

/** The person in a file name such as `10002_cam3_1.jpg`. */
const personOf = (name: string): string | null => /^(\d+)_/.exec(name)?.[1] ?? null

const prefixed = (prefix: string, name: string | null): string | null => (name === null ? null : prefix + name)
