import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { normalise } from '../../../libs/models/embedding.js'
import { createGalleryStore, type GalleryStore } from './gallery-store.js'
import type { NewFace, TemplatePolicy } from './records.js'

const [ONE, TWO, THREE] = ['1', '2', '3'].map((digit) => `models/base/versions/${digit.repeat(12)}`) as [
  string,
  string,
  string,
]

let folder: string
let store: GalleryStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossres-reembeddings-'))
  store = createGalleryStore({ folder })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Of 3 values by the old version, of 4 by the new. */
const vector = (seed: number, size: number) =>
  normalise(Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1 + i * seed)))
const face = (seed: number): NewFace => ({
  embedding: vector(seed, 3),
  faceResolution: 20,
  detectionScore: 1,
  source: `${seed}`,
  picture: { digest: `digest-${seed}`, framing: Uint8Array.of(seed) },
})
const enrol = (subjectId: string, ...seeds: number[]) =>
  store.enrol({ galleryId: 'staff', subjectId, modelVersion: ONE, faces: seeds.map(face) })
async function all<T>(batches: AsyncGenerator<T[]>): Promise<T[]> {
  const items: T[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}
const generationOf = () => store.reembeddings.active('staff')?.generation ?? Number.NaN
const pending = () => all(store.reembeddings.pending('staff', generationOf()))
/** Embeds what is pending, seed 9 excepted. */
async function embedPending(only?: string) {
  const generation = generationOf()
  for (const { subjectId, faces } of await pending()) {
    if (only !== undefined && subjectId !== only) continue
    const embedded = faces.map(({ key, picture }) => {
      const seed = picture?.framing[0] ?? Number.NaN
      return seed === 9 ? { key } : { key, embedding: vector(seed, 4) }
    })
    await store.reembeddings.add('staff', generation, subjectId, embedded)
  }
}
const restart = async () => {
  await store.close()
  store = createGalleryStore({ folder })
}

describe.each<TemplatePolicy>(['every', 'fused'])('a gallery with templates %s', (templatePolicy) => {
  beforeEach(async () => {
    await store.createGallery({ id: 'staff', templatePolicy })
    await enrol('a', 1, 2)
    await enrol('b', 3, 9)
    await enrol('c', 4)
  })

  it('is switched when every face was tried, whatever came and went meanwhile, and keeps no old vector', async () => {
    const before = await all(store.templates('staff'))
    const { generation } = (await store.reembeddings.follow('staff', TWO, false)).reembedding ?? { generation: -1 }
    expect((await pending()).map(({ subjectId, faces }) => [subjectId, faces.length])).toEqual([
      ['a', 2],
      ['b', 2],
      ['c', 1],
    ])
    await embedPending('a')
    await restart()
    // What an earlier process did is there.
    expect((await pending()).map(({ subjectId }) => subjectId)).toEqual(['b', 'c'])
    expect(await store.reembeddings.complete('staff', generation)).toBe(false)
    expect(await all(store.templates('staff'))).toEqual(before)

    await embedPending()
    await enrol('d', 5)
    expect(await store.reembeddings.complete('staff', generation)).toBe(false)
    await store.deleteSubject('staff', 'a')
    expect(store.getGallery('staff').reembedding).toMatchObject({ done: 2, failed: 1 })
    await embedPending()
    expect(await store.reembeddings.complete('staff', generation)).toBe(true)
    expect(store.getGallery('staff')).toMatchObject({
      modelVersion: TWO,
      dimension: 4,
      faceCount: 4,
      reembedding: { state: 'succeeded', done: 3, failed: 1 },
      staleSets: [{ generation: 0, modelVersion: ONE, dimension: 3 }],
    })
    const templates = await all(store.templates('staff'))
    expect(templates.map(({ subjectId, embedding }) => [subjectId, embedding])).toEqual(
      Object.entries({ b: 3, c: 4, d: 5 }).map(([id, seed]) => [id, vector(seed, 4)]),
    )
    // The face that cannot be embedded is there for the version to come.
    expect(store.listFaces('staff', 'b').map(({ embedding }) => embedding.length)).toEqual([4, 0])

    await store.reembeddings.eraseStale('staff')
    expect(store.getGallery('staff').staleSets).toEqual([])
    expect(await all(store.templates('staff', 0))).toEqual([])
    await expect(enrol('e', 6)).rejects.toMatchObject({ reason: 'EMBEDDING_MODEL_MISMATCH' })
  })

  it('stays as it was when the work fails, and does not try again by itself', async () => {
    const before = await all(store.templates('staff'))
    await store.reembeddings.follow('staff', TWO, false)
    await embedPending('a')
    const generation = generationOf()
    await store.reembeddings.fail('staff', generation, { reason: 'WHY', message: 'Because.' })
    expect(await store.reembeddings.add('staff', generation, 'c', [])).toBeUndefined()
    await store.reembeddings.eraseStale('staff')
    expect(await all(store.templates('staff'))).toEqual(before)
    expect(await all(store.templates('staff', generation))).toEqual([])
    await store.reembeddings.follow('staff', TWO, false)
    expect(store.getGallery('staff').reembedding).toMatchObject({ state: 'failed', error: { reason: 'WHY' } })
    await store.reembeddings.follow('staff', TWO, true)
    expect(store.getGallery('staff').reembedding).toMatchObject({ state: 'queued', error: null, done: 0 })
    expect(generationOf()).not.toBe(generation)
  })
})

describe('following a version', () => {
  beforeEach(async () => {
    await store.createGallery({ id: 'staff' })
    await enrol('a', 1)
  })

  it('begins anew for another one, and ends for the one that is there', async () => {
    await store.reembeddings.follow('staff', ONE, true)
    expect(store.getGallery('staff').reembedding).toBeNull()
    await store.reembeddings.follow('staff', TWO, true)
    await embedPending()
    const second = generationOf()
    await store.reembeddings.follow('staff', TWO, true)
    expect(store.reembeddings.active('staff')).toMatchObject({ generation: second, done: 1 })
    await store.reembeddings.follow('staff', THREE, false)
    expect(store.reembeddings.active('staff')).toMatchObject({ targetVersion: THREE, done: 0 })
    expect(await store.reembeddings.complete('staff', second)).toBe(false)
    await store.reembeddings.follow('staff', ONE, false)
    expect(store.getGallery('staff')).toMatchObject({ reembedding: null, generation: 0, modelVersion: ONE })
    expect(store.getGallery('staff').staleSets.map(({ modelVersion }) => modelVersion)).toEqual([TWO, THREE])
  })

  it('says that a subject would be lost only when its last face has failed', async () => {
    await enrol('b', 2, 3)
    await store.reembeddings.follow('staff', TWO, false)
    const keys = store.listFaces('staff', 'b').map(({ key }) => key) as [number, number]
    const add = (key: number) => store.reembeddings.add('staff', generationOf(), 'b', [{ key }])
    expect(await add(keys[0])).toEqual({ changed: [], lost: false })
    expect(await add(keys[1])).toEqual({ changed: [], lost: true })
    // Neither counts twice.
    expect(await add(keys[1])).toBeUndefined()
    expect(store.reembeddings.active('staff')).toMatchObject({ done: 0, failed: 2 })
  })

  it('refuses vectors of two sizes', async () => {
    await enrol('b', 2)
    await store.reembeddings.follow('staff', TWO, false)
    await embedPending('a')
    const [{ key } = { key: 0 }] = store.listFaces('staff', 'b')
    const wrong = store.reembeddings.add('staff', generationOf(), 'b', [{ key, embedding: vector(1, 5) }])
    await expect(wrong).rejects.toMatchObject({ reason: 'EMBEDDING_DIMENSION_MISMATCH' })
    expect(store.reembeddings.active('staff')).toMatchObject({ done: 1, dimension: 4 })
  })

  it('leaves a gallery that was emptied meanwhile to the version of its next face', async () => {
    await store.reembeddings.follow('staff', TWO, false)
    await store.deleteSubject('staff', 'a')
    expect(await store.reembeddings.complete('staff', generationOf())).toBe(true)
    expect(store.getGallery('staff')).toMatchObject({ modelVersion: '', dimension: 0, faceCount: 0 })
    await enrol('b', 2)
    expect(await all(store.templates('staff'))).toHaveLength(1)
  })
})

it('pictures are loose before their first face and after their last', async () => {
  const loose = () => store.pictures.loose('staff').map(({ digest }) => digest)
  for (const id of ['staff', 'staff2']) await store.createGallery({ id })
  await store.pictures.announce('staff', ['digest-1', 'digest-2'])
  await restart()
  expect(store.pictures.loose()).toEqual(['digest-1', 'digest-2'].map((digest) => ({ galleryId: 'staff', digest })))
  await enrol('a', 1)
  await enrol('b', 1, 3)
  await store.enrol({ galleryId: 'staff2', subjectId: 'a', modelVersion: ONE, faces: [face(1)] })
  await store.pictures.announce('staff', ['digest-1'])
  expect(loose()).toEqual(['digest-2'])
  await store.deleteSubject('staff', 'b')
  expect(store.pictures.isUsed('staff', 'digest-1')).toBe(true)
  expect(loose()).toEqual(['digest-2', 'digest-3'])
  await store.deleteGallery('staff', true)
  expect(store.pictures.loose('staff')).toHaveLength(3)
  await store.pictures.forget({ galleryId: 'staff', digest: 'digest-2' })
  expect(store.pictures.loose().map(({ digest }) => digest)).toEqual(['digest-1', 'digest-3'])
  expect(store.pictures.isUsed('staff2', 'digest-1')).toBe(true)
})

it('reads galleries whose faces hold their embeddings', async () => {
  await store.createGallery({ id: 'staff' })
  await enrol('a', 1, 2)
  const [faces, templates] = [store.listFaces('staff', 'a'), await all(store.templates('staff'))]
  await store.close()

  const root = open<number, string>({ path: folder, noSubdir: false, maxDbs: 12 })
  const db = (name: string) => root.openDB<Record<string, unknown>, (string | number)[]>(name, {})
  for (const { key, embedding } of faces) {
    const bytes = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength)
    await db('faces').put(['staff', 'a', key], { ...db('faces').get(['staff', 'a', key]), embedding: bytes })
  }
  const galleries = root.openDB<Record<string, unknown>, string>('galleries', {})
  const { generation, lastGeneration, staleSets, reembedding, ...old } = galleries.get('staff') ?? {}
  expect([generation, lastGeneration, staleSets, reembedding]).toEqual([0, 0, [], null])
  await galleries.put('staff', old)
  await root.openDB('embeddings', { encoding: 'binary' }).clearAsync()
  await root.remove('layout')
  await root.close()

  store = createGalleryStore({ folder })
  expect(store.listFaces('staff', 'a')).toEqual(faces)
  expect(await all(store.templates('staff'))).toEqual(templates)
  await store.reembeddings.follow('staff', TWO, false)
  await embedPending()
  expect(await store.reembeddings.complete('staff', 1)).toBe(true)
})
