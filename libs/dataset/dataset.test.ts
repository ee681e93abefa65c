import { existsSync } from 'node:fs'
import { readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodePng } from '../image/encode.js'
import { createFolderObjectStore } from '../objects/folder.js'
import { openDataset } from './dataset.js'
import { fetchDataset } from './fetch-dataset.js'
import { landmarksOf, newFolder, put, samplePicture, writeSubjects } from './testing/sample-faces.js'

const PINS = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'pins')

let folder: string
beforeEach(async () => {
  folder = await newFolder()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('openDataset', () => {
  it('lists subject folders by name, without hidden files and other kinds', async () => {
    const paths = await writeSubjects(folder, 2, 2)
    await put(folder, 'a/.hidden.png', 'x')
    await put(folder, 'a/notes.txt', 'x')
    const { items, withoutFace } = await openDataset({ folder })
    expect(items.map(({ path, subject }) => [path, subject])).toEqual(paths.map((path) => [path, path[0]]))
    expect(items[0]?.bytes).toEqual({ file: join(folder, 'a/0.png') })
    expect(withoutFace).toBe(0)
  })

  it('takes a flat folder as unlabelled, and links as what they point to', async () => {
    const elsewhere = await put(folder, 'elsewhere/one.png', await encodePng(samplePicture(1)))
    await put(folder, 'flat/two.png', await encodePng(samplePicture(2)))
    await symlink(elsewhere, join(folder, 'flat', 'a.png'))
    const { items } = await openDataset({ folder: join(folder, 'flat') })
    expect(items.map(({ path, subject }) => [path, subject])).toEqual([
      ['a.png', null],
      ['two.png', null],
    ])
  })

  it('knows the faces of landmarks.csv and leaves out what that does not know', async () => {
    const paths = await writeSubjects(folder, 1, 3)
    await put(folder, 'landmarks.csv', landmarksOf(paths.slice(0, 2)))
    const { items, withoutFace } = await openDataset({ folder })
    expect(items.map(({ path }) => path)).toEqual(paths.slice(0, 2))
    expect(items[0]?.face?.box).toEqual({ x: 10, y: 12, width: 70, height: 80 })
    expect(items[0]?.face?.landmarks[2]).toEqual({ x: 45, y: 60 })
    expect(withoutFace).toBe(1)
  })

  it('has a fingerprint that follows subjects, sizes and faces, not the place of the folder', async () => {
    const other = await newFolder()
    const paths = await writeSubjects(folder, 2, 2)
    await writeSubjects(other, 2, 2)
    const first = await openDataset({ folder })
    expect((await openDataset({ folder: other })).fingerprint).toBe(first.fingerprint)
    await put(other, 'landmarks.csv', landmarksOf(paths))
    const withFaces = await openDataset({ folder: other })
    await put(other, 'a/0.png', await encodePng(samplePicture(77)))
    const changed = await openDataset({ folder: other })
    expect(new Set([first, withFaces, changed].map(({ fingerprint }) => fingerprint)).size).toBe(3)
    await rm(other, { recursive: true })
  })

  it('says what is not there', async () => {
    await expect(openDataset({ folder: join(folder, 'none') })).rejects.toMatchObject({ reason: 'DATASET_NOT_FOUND' })
    await expect(openDataset({ folder })).rejects.toMatchObject({ reason: 'DATASET_EMPTY' })
    await writeSubjects(folder, 1, 1)
    await expect(openDataset({ folder, landmarksFile: join(folder, 'no.csv') })).rejects.toMatchObject({
      reason: 'DATASET_NOT_FOUND',
    })
    await put(folder, 'landmarks.csv', landmarksOf(['other/0.png']))
    await expect(openDataset({ folder })).rejects.toMatchObject({
      reason: 'DATASET_EMPTY',
      message: expect.stringContaining('landmarks file knows none'),
    })
  })

  it.skipIf(!existsSync(PINS))('lists real subject folders with their landmarks', async () => {
    const { items } = await openDataset({ folder: PINS })
    expect(new Set(items.map(({ subject }) => subject)).size).toBe(90)
    expect(items.every(({ face }) => face?.landmarks.length === 5)).toBe(true)
  })
})

describe('fetchDataset', () => {
  it('copies a prefix once, into a folder named after the content', async () => {
    const store = await createFolderObjectStore({ folder: join(folder, 'store') })
    const cache = join(folder, 'cache')
    for (const key of ['datasets/x/a/0.png', 'datasets/x/b/0.png', 'datasets/xy/c/0.png']) {
      await store.put(key, await encodePng(samplePicture(key.length)))
    }
    const copied = await fetchDataset(store, 'datasets/x', cache)
    expect((await openDataset({ folder: copied })).items.map(({ path }) => path)).toEqual(['a/0.png', 'b/0.png'])
    // What a cut-off call left out is all that the next one fetches.
    await rm(join(copied, 'a', '0.png'))
    await put(copied, 'b/0.png', 'kept')
    expect(await fetchDataset(store, 'datasets/x/', cache)).toBe(copied)
    expect((await openDataset({ folder: copied })).items).toHaveLength(2)
    expect(await readdir(join(copied, 'a'))).toEqual(['0.png'])
    await store.put('datasets/x/a/1.png', await encodePng(samplePicture(5)))
    expect(await fetchDataset(store, 'datasets/x', cache)).not.toBe(copied)
    await expect(fetchDataset(store, 'datasets/none', cache)).rejects.toMatchObject({ reason: 'DATASET_NOT_FOUND' })
  })
})
