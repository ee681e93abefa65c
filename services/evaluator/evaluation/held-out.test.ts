import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { heldOutSubjects } from '../../../libs/dataset/held-out-subjects.js'
import { landmarksOf, newFolder, put, writeSubjects } from '../../../libs/dataset/testing/sample-faces.js'
import { smallModel } from '../../../libs/models/testing/small-model.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { openRunData } from '../../trainer/run/open-data.js'
import { resolveSettings } from '../../trainer/scheme/text-settings.js'
import { tinyDeps, tinySpec } from '../testing/tiny-evaluation.js'
import { runDocument } from './result-document.js'
import { runEvaluation } from './run-evaluation.js'

let folder: string
let faces: string
let objects: ObjectStore
beforeEach(async () => {
  folder = await newFolder()
  faces = join(folder, 'faces')
  objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
  const paths = await writeSubjects(faces, 12, 3)
  // Nobody knows the faces of the subject `c`: a training does not see them.
  await put(faces, 'landmarks.csv', landmarksOf(paths.filter((path) => !path.startsWith('c/'))))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Subjects that a training validates on, and those that it learns from. */
async function trained(seed: number, share: number) {
  const given = { seed: String(seed), validation_share: String(share) }
  const settings = resolveSettings({ method: 't-c', preset: 'default', settings: given })
  const data = await openRunData({ objects, cacheFolder: folder }, { dataUri: faces, landmarksUri: '', settings })
  return { validation: new Set(data.validation.map(({ subject }) => subject)), training: new Set(data.subjects) }
}

it.each([
  [0, 0.1],
  [0, 0.4],
  [5, 0.4],
])('names the subjects that a training of the same seed (%i) and share (%f) has not seen', async (seed, share) => {
  const { validation, training } = await trained(seed, share)
  const held = await heldOutSubjects(faces, { seed, share })
  expect(new Set(held)).toEqual(validation)
  expect(held.filter((subject) => training.has(subject))).toEqual([])
  expect(held.length + training.size).toBe(11)
})

it('evaluates those, and says so', async () => {
  const { onnx, card } = smallModel(1)
  const subjects = new Set<unknown>()
  const deps = tinyDeps(folder, objects)
  await deps.registry.put('one', onnx, card)
  const result = await runEvaluation(
    {
      ...deps,
      async storeScores(_, body) {
        const rows = await parquetReadObjects({ file: Uint8Array.from(body).buffer })
        for (const { probe_subject: subject } of rows) subjects.add(subject)
      },
    },
    tinySpec(folder, { protocol: 'folder', folder: faces, resolutions: [0], heldOut: 0.4, seed: 5 }),
  )
  expect(subjects).toEqual((await trained(5, 0.4)).validation)
  expect(runDocument(result)).toMatchObject({ held_out: 0.4, seed: 5 })
})
