import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FaceInput, FaceSelection } from '../../gen/crossres/v1/common.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { createPictures, type Pictures } from './pictures.js'
import { createGalleryStore, type GalleryStore } from './store/gallery-store.js'
import type { KeptPicture } from './store/records.js'

const { signal } = new AbortController()

let folder: string
let store: GalleryStore
let objects: ObjectStore
let pictures: Pictures
const open = (keepPictures = true, to = objects) => createPictures({ objects: to, uses: store.pictures, keepPictures })
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-pictures-'))
  store = createGalleryStore({ folder: join(folder, 'galleries') })
  objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
  await store.createGallery({ id: 'staff' })
  pictures = open()
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

const input = (text: string) =>
  FaceInput.fromPartial({
    input: { $case: 'image', value: { source: { $case: 'content', value: Buffer.from(text) } } },
    faces: FaceSelection.GIVEN,
    region: { box: { x: 1, y: 2, width: 3, height: 4 } },
    trueResolution: 12,
  })
const embedding = FaceInput.fromPartial({ input: { $case: 'embedding', value: { dimension: 1 } } })
const stored = async () => {
  const keys: string[] = []
  for await (const { key } of objects.list('images/')) keys.push(key)
  return keys
}
const keyOf = (text: string) => `images/enrolled/staff/${createHash('sha256').update(text).digest('hex')}`
const enrol = (subjectId: string, kept: readonly (KeptPicture | undefined)[]) =>
  store.enrol({
    galleryId: 'staff',
    subjectId,
    modelVersion: 'models/base/versions/0123456789ab',
    faces: kept.map((picture) => ({
      embedding: Float32Array.of(1),
      faceResolution: 1,
      detectionScore: 1,
      source: '',
      ...(picture && { picture }),
    })),
  })
const keep = (subjectId: string, inputs: FaceInput[]) =>
  pictures.keep('staff', inputs, signal, (kept) => enrol(subjectId, kept))

it('keeps each picture once, and says how a face was on it', async () => {
  await keep('a', [input('one'), embedding, input('two'), input('one')])
  expect((await stored()).sort()).toEqual([keyOf('one'), keyOf('two')].sort())
  const [first, bare] = store.listFaces('staff', 'a')
  expect(bare?.picture).toBeUndefined()
  expect(pictures.inputOf('staff', first?.picture as KeptPicture)).toEqual({
    ...input('one'),
    input: { $case: 'image', value: { source: { $case: 'uri', value: `object:${keyOf('one')}` } } },
  })
})

it('takes a picture that a uri names', async () => {
  await objects.put('images/drop.jpg', Buffer.from('one'))
  const value = { source: { $case: 'uri' as const, value: 'object:images/drop.jpg' } }
  await keep('a', [{ ...input(''), input: { $case: 'image', value } }])
  expect((await stored()).sort()).toEqual(['images/drop.jpg', keyOf('one')].sort())
})

it('keeps nothing of an enrolment that fails, nor where the setting says so', async () => {
  await keep('a', [input('one')])
  const refused = pictures.keep('staff', [input('one'), input('two')], signal, () => Promise.reject(new Error('no')))
  await expect(refused).rejects.toThrow('no')
  pictures = open(false)
  await keep('b', [input('three')])
  expect(await stored()).toEqual([keyOf('one')])
  expect(store.pictures.loose()).toEqual([])
  expect(store.listFaces('staff', 'b')[0]?.picture).toBeUndefined()
})

it('deletes a picture with its last face, also where the process died or the object store was away in between', async () => {
  await keep('a', [input('one'), input('two')])
  await keep('b', [input('one')])
  await store.deleteSubject('staff', 'a')
  const away = Object.create(objects, { delete: { value: () => Promise.reject(new Error('away')) } }) as ObjectStore
  await open(true, away).sweep('staff')
  expect(await stored()).toHaveLength(2)
  await open().sweep()
  expect(await stored()).toEqual([keyOf('one')])
  await store.deleteGallery('staff', true)
  await open().sweep('staff')
  expect(await stored()).toEqual([])
  expect(store.pictures.loose()).toEqual([])
})

it('does not delete what is enrolled while it is swept', async () => {
  const subjects = Array.from({ length: 40 }, (_, i) => `s${i}`)
  // The same picture comes and goes with many subjects at once.
  await Promise.all(
    subjects.map(async (subject, i) => {
      await keep(subject, [input('one'), input(`own ${i % 5}`)])
      if (i % 2 === 0) await store.deleteSubject('staff', subject)
      await pictures.sweep('staff')
    }),
  )
  const used = subjects.filter((_, i) => i % 2 === 1).flatMap((subject) => store.listFaces('staff', subject))
  const expected = new Set(used.map(({ picture }) => `images/enrolled/staff/${picture?.digest}`))
  expect(new Set(await stored())).toEqual(expected)
  expect(store.pictures.loose()).toEqual([])
})
