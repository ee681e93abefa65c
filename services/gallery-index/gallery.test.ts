import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { normalise } from '../../libs/models/embedding.js'
import { createExactSearch } from '../../libs/vectors/exact.js'
import type { VectorIndex } from '../../libs/vectors/vector-index.js'
import { fuse } from './fuse.js'
import { createGalleries, type Galleries } from './gallery.js'
import { createGalleryStore, type GalleryStore } from './store/gallery-store.js'
import type { NewFace } from './store/records.js'

const MODEL = 'models/base/versions/0123456789ab'
const DIMENSION = 8

const exact = createExactSearch({ threads: 1 })
afterAll(() => exact.close())

let folder: string
let store: GalleryStore
let galleries: Galleries
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossres-gallery-'))
  store = createGalleryStore({ folder })
  galleries = createGalleries({ store, createIndex: exact.createIndex })
  await store.createGallery({ id: 'staff' })
})
afterEach(async () => {
  await galleries.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const vector = (seed: number) => Float32Array.from({ length: DIMENSION }, (_, i) => Math.sin(seed * (i + 1.7) + i))
const face = (seed: number): NewFace => ({
  embedding: vector(seed),
  faceResolution: 20,
  detectionScore: 1,
  source: `${seed}`,
})
const enrol = (subjectId: string, seeds: number[], rest: object = {}) =>
  galleries.enrol({ galleryId: 'staff', subjectId, modelVersion: MODEL, faces: seeds.map(face), ...rest })
const search = (seeds: number[], k: number, galleryId = 'staff') =>
  galleries.search(galleryId, { modelVersion: MODEL, templates: seeds.map(vector) }, k)
const restart = async () => {
  await galleries.close()
  galleries = createGalleries({ store, createIndex: exact.createIndex })
}
const cosine = (a: Float32Array, b: Float32Array) => {
  const [x, y] = [normalise(a), normalise(b)]
  return x.reduce((sum, value, i) => sum + value * y[i]!, 0)
}

describe('search', () => {
  it('ranks each subject once, by its best template, however many it has', async () => {
    // One subject crowds the top: its 40 faces lie nearer to the probe than those of anybody else.
    const near = Array.from({ length: 40 }, (_, i) => 1 + i / 1000)
    await enrol('crowd', near)
    const others = Array.from({ length: 30 }, (_, i) => ({ id: `s${i}`, seeds: [100 + i, 200 + i] }))
    await Promise.all(others.map(({ id, seeds }) => enrol(id, seeds)))
    const expected = [{ id: 'crowd', seeds: near }, ...others]
      .map(({ id, seeds }) => ({ id, score: Math.max(...seeds.map((seed) => cosine(vector(seed), vector(1)))) }))
      .sort((a, b) => b.score - a.score)
    for (const k of [1, 2, 5, 31, 100]) {
      const [hits] = await search([1], k)
      expect(hits?.map(({ subjectId }) => subjectId)).toEqual(expected.slice(0, k).map(({ id }) => id))
      hits?.forEach(({ score }, i) => {
        expect(score).toBeCloseTo(expected[i]!.score, 5)
      })
    }
  })

  it('answers several probes in order, an empty gallery with nobody', async () => {
    expect(await search([1, 2], 3)).toEqual([[], []])
    await enrol('a', [1])
    await enrol('b', [2])
    const hits = await search([2, 1], 1)
    expect(hits.map(([best]) => best?.subjectId)).toEqual(['b', 'a'])
  })

  it('refuses probes that cannot be compared', async () => {
    await enrol('a', [1])
    const probes = { modelVersion: MODEL, templates: [Float32Array.of(1, 0)] }
    await expect(galleries.search('staff', probes, 1)).rejects.toMatchObject({ reason: 'EMBEDDING_DIMENSION_MISMATCH' })
    const other = { modelVersion: 'models/x/versions/ffffffffffff', templates: [vector(1)] }
    await expect(galleries.search('staff', other, 1)).rejects.toMatchObject({ reason: 'EMBEDDING_MODEL_MISMATCH' })
    await expect(search([1], 1, 'none')).rejects.toMatchObject({ reason: 'GALLERY_NOT_FOUND' })
  })

  it('finds the fused template under the policy `fused`, the same after a restart', async () => {
    await store.createGallery({ id: 'fused', templatePolicy: 'fused' })
    await enrol('a', [1], { galleryId: 'fused' })
    await enrol('a', [2], { galleryId: 'fused' })
    const expected = cosine(fuse([normalise(vector(1)), normalise(vector(2))]), vector(1))
    for (let round = 0; round < 2; round++) {
      const [hits] = await search([1], 5, 'fused')
      expect(hits).toHaveLength(1)
      expect(hits?.[0]?.score).toBeCloseTo(expected, 5)
      await restart()
    }
    expect(await galleries.checkConsistency('fused')).toEqual([])
  })
})

describe('index and store', () => {
  it('stay the same through parallel changes of the same and of other subjects', async () => {
    const subjects = ['a', 'b', 'c']
    const steps = Array.from({ length: 120 }, (_, i) => {
      const subject = subjects[i % 3] as string
      return i % 7 === 6 ? galleries.deleteSubject('staff', subject) : enrol(subject, [i])
    })
    const results = await Promise.allSettled([...steps, galleries.load(), search([1], 3)])
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ reason: 'SUBJECT_NOT_FOUND' })
    }
    expect(await galleries.checkConsistency('staff')).toEqual([])
    const before = await search([5], 3)
    await restart()
    expect(await search([5], 3)).toEqual(before)
  })

  it('forget a deleted subject and a deleted gallery', async () => {
    await enrol('a', [1, 2])
    await enrol('b', [3])
    expect(await galleries.deleteSubject('staff', 'a')).toBe(2)
    expect((await search([1], 5))[0]?.map(({ subjectId }) => subjectId)).toEqual(['b'])
    const [deleted] = await Promise.all([
      galleries.deleteGallery('staff', true),
      enrol('c', [4]).catch(() => undefined),
    ])
    expect(deleted).toEqual({ subjects: 1, faces: 1 })
    await expect(search([1], 5)).rejects.toMatchObject({ reason: 'GALLERY_NOT_FOUND' })
    await store.createGallery({ id: 'staff' })
    expect(await search([1], 5)).toEqual([[]])
  })

  it('leave the index as it was when the store refuses', async () => {
    await enrol('a', [1])
    const refused = enrol('a', [2], { modelVersion: 'models/x/versions/ffffffffffff' })
    await expect(refused).rejects.toMatchObject({ reason: 'EMBEDDING_MODEL_MISMATCH' })
    expect(await galleries.checkConsistency('staff')).toEqual([])
    expect((await search([2], 5))[0]).toHaveLength(1)
  })

  it('are reconciled when the index could not follow the store', async () => {
    let failures = 0
    const failOnce = (dimension: number): VectorIndex => {
      const index = exact.createIndex(dimension)
      const upsert: VectorIndex['upsert'] = (ids, vectors) =>
        failures++ === 1 ? Promise.reject(new Error('out of memory')) : index.upsert(ids, vectors)
      return Object.create(index, { upsert: { value: upsert } }) as VectorIndex
    }
    galleries = createGalleries({ store, createIndex: failOnce })
    await enrol('a', [1])
    await enrol('b', [2])
    expect(failures).toBe(2)
    expect(await galleries.checkConsistency('staff')).toEqual([])
    expect((await search([2], 1))[0]?.[0]?.subjectId).toBe('b')
  })

  it('are told apart by the check when they differ', async () => {
    await enrol('a', [1])
    await store.enrol({ galleryId: 'staff', subjectId: 'b', modelVersion: MODEL, faces: [face(2)] })
    expect(await galleries.checkConsistency('staff')).toEqual([expect.stringContaining('of b is not in the index')])
    await store.deleteSubject('staff', 'a')
    expect(await galleries.checkConsistency('staff')).toContainEqual(expect.stringContaining('is not in the store'))
  })
})
