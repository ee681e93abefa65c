import { join } from 'node:path'
import { singleTemplate } from './image-pairs.js'
import { readLabelledNames } from './labelled-names.js'
import type { ProtocolImage } from './protocol.js'
import { listPictures, requirePath, requirePictures } from './protocol-files.js'
import type { Origin, ProtocolSource } from './protocol-source.js'

const origin: Origin = {
  title: 'TinyFace',
  distribution: 'Its owners distribute it at https://qmul-tinyface.github.io/.',
  layout:
    'Testing_Set with gallery_match_img_ID_pairs.mat, probe_img_ID_pairs.mat and the folders Gallery_Match, Probe and Gallery_Distractor',
}

/**
 * TinyFace's closed-set identification: 3,728 probes, searched among 4,443 pictures of the same subjects and 153,428 distractors, each
 * picture for itself.
 * Source: Z. Cheng, X. Zhu, S. Gong, "Low-Resolution Face Recognition", ACCV 2018.
 */
export const tinyface: ProtocolSource = {
  ...origin,
  name: 'tinyface',
  async open({ folder }) {
    const root = await requirePath(origin, folder, [
      'Testing_Set',
      'tinyface/Testing_Set',
      'gallery_match_img_ID_pairs.mat',
    ])
    const testing = root.endsWith('.mat') ? folder : root
    const gallery = await readLabelledNames(origin, join(testing, 'gallery_match_img_ID_pairs.mat'), 'gallery')
    const probes = await readLabelledNames(origin, join(testing, 'probe_img_ID_pairs.mat'), 'probe')
    const distractors = await listPictures(origin, join(testing, 'Gallery_Distractor'))

    const images: ProtocolImage[] = []
    const add = (sub: string, name: string, subject: string | null) => {
      images.push({ id: `${sub}/${name}`, file: join(testing, sub, name), subject })
    }
    for (const { name, subject } of gallery) add('Gallery_Match', name, subject)
    for (const name of distractors) add('Gallery_Distractor', name, null)
    for (const { name, subject } of probes) add('Probe', name, subject)
    await requirePictures(
      origin,
      testing,
      images.map(({ id }) => id),
    )

    const enrolled = gallery.length + distractors.length
    return [
      {
        kind: 'identification',
        name: 'tinyface',
        images,
        templates: images.map(singleTemplate),
        galleries: [{ name: 'gallery', templates: Uint32Array.from({ length: enrolled }, (_, i) => i) }],
        probes: Uint32Array.from(probes, (_, i) => enrolled + i),
      },
    ]
  },
}
