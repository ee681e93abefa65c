import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { FaceSelection } from '../../../gen/crossres/v1/common.js'
import type { Model } from '../../../gen/crossres/v1/embedder.js'
import { decodeImage } from '../../../libs/image/decode.js'
import type { Clients } from '../../../libs/rpc/client.js'
import { UsageError } from '../failure.js'
import { readPicture } from '../picture-file.js'
import { listSubjects, type SubjectPicture } from '../picture-folder.js'
import type { StartProgress } from '../progress.js'
import { streamItems } from '../stream-items.js'
import { createCutFace } from './cut-face.js'
import type { EnrolledFace, Material, Probe } from './material.js'

/** Which pictures of a data set are used. */
export interface Selection {
  /** Subjects with several pictures at most; of those with one picture, enrolled as distractors, as many again. */
  readonly subjects: number
  /** Pictures of a subject at most. */
  readonly pictures: number
}

interface ChosenPicture extends SubjectPicture {
  readonly role: 'enrol' | 'probe'
}

/**
 * A folder of subject folders: the first half of a subject's pictures is enrolled, the others are probes. Faces are found at full
 * resolution: what a camera of few pixels would do to the detector is not part of it.
 * @throws UsageError where no subject has two pictures
 */
export async function subjectFolders(
  { embedder }: Clients,
  model: Model,
  folder: string,
  selection: Selection,
  startProgress: StartProgress,
  signal: AbortSignal,
): Promise<Material> {
  const { chosen, remarks } = choose(await listSubjects(folder), selection)
  const cut = createCutFace(model)
  const enrolled: EnrolledFace[] = []
  const probes: Probe[] = []
  let left = 0
  const progress = startProgress('Finding faces', chosen.length)
  try {
    const answers = streamItems(
      chosen,
      async ({ file }) => ({ image: await readPicture(file), model: model.name, faces: FaceSelection.LARGEST }),
      (requests) => embedder.embedStream(requests, { signal }),
    )
    for await (const outcome of answers) {
      progress.advance()
      const region = 'response' in outcome ? outcome.response.faces[0]?.face?.region : undefined
      if (!region) {
        left += 1
        continue
      }
      const { subject, file, role } = outcome.item
      const picture = await readFile(file)
      const chip = cut(await decodeImage(picture), region)
      if (role === 'enrol') enrolled.push({ subject, picture, region, chip })
      else probes.push({ subject, label: `${subject}, ${basename(file)}`, chip })
    }
  } finally {
    progress.stop()
  }
  const known = new Set(enrolled.map(({ subject }) => subject))
  const mated = probes.filter(({ subject }) => known.has(subject))
  return {
    source: `Subjects of ${basename(resolve(folder))}`,
    enrolled,
    probes: mated,
    remarks: [
      ...remarks,
      ...(left > 0 ? [`${left} of ${chosen.length} pictures were left out: unreadable, or no face found.`] : []),
      'Faces are found and aligned at full resolution and degraded afterwards: a real camera of few pixels would make the detector worse, too.',
      'Whether the model saw these people when it was trained is not known.',
    ],
  }
}

function choose(pictures: readonly SubjectPicture[], { subjects, pictures: perSubject }: Selection) {
  const bySubject = new Map<string, SubjectPicture[]>()
  for (const picture of pictures) bySubject.set(picture.subject, [...(bySubject.get(picture.subject) ?? []), picture])
  const lists = [...bySubject.values()]
  const several = lists.filter((list) => list.length > 1)
  const single = lists.filter((list) => list.length === 1)
  if (several.length === 0) {
    throw new UsageError('No subject of this folder has two pictures: one is enrolled, the other is the probe.')
  }
  const mated = several.slice(0, subjects).map((list) => list.slice(0, perSubject))
  const distractors = single.slice(0, subjects)
  const chosen = [...mated, ...distractors].flatMap((list) =>
    list.map(
      (picture, index): ChosenPicture => ({
        ...picture,
        role: index < Math.ceil(list.length / 2) ? 'enrol' : 'probe',
      }),
    ),
  )
  const remarks = [
    `The first ${mated.length} of ${several.length} subjects with several pictures, at most ${perSubject} pictures of each: the first half enrolled, the others probes.`,
    ...(distractors.length > 0
      ? [`${distractors.length} of ${single.length} subjects with one picture are enrolled only, as distractors.`]
      : []),
  ]
  return { chosen, remarks }
}
