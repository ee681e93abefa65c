import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DomainError } from '../config/domain-error.js'
import { encodeJpeg, encodePng } from '../image/encode.js'
import { PRESETS } from '../models/presets.js'
import { createFolderObjectStore } from '../objects/folder.js'
import type { ObjectStore } from '../objects/object-store.js'
import { openDataset } from './dataset.js'
import { type DatasetRecord, datasetPrefix, listDatasetRecords, readDatasetRecord } from './dataset-record.js'
import { makeFaceSample } from './face-sample.js'
import { locateDataset, locateLandmarks } from './locate-dataset.js'
import { prepareDataset } from './prepare-dataset.js'
import type { ShardDeps, ShardSettings } from './shards.js'
import { landmarksOf, newFolder, put, samplePicture, writeSubjects } from './testing/sample-faces.js'

const { input, crop } = PRESETS.mobilefacenet
const SETTINGS: ShardSettings = {
  preparation: { input, crop },
  format: 'png',
  shardSize: 4,
  room: 3,
  detect: true,
}
const FACE = {
  box: { x: 10, y: 12, width: 70, height: 80 },
  landmarks: [
    { x: 30, y: 42 },
    { x: 61, y: 46 },
    { x: 45, y: 60 },
    { x: 31, y: 75 },
    { x: 56, y: 78 },
  ],
}

let folder: string
let source: string
let store: ObjectStore
let paths: string[]
/** Where makeSample asks for faces of. */
let searched: number
let deps: ShardDeps
beforeEach(async () => {
  folder = await newFolder()
  source = join(folder, 'source')
  store = await createFolderObjectStore({ folder: join(folder, 'store') })
  paths = await writeSubjects(source, 3, 3)
  searched = 0
  const findFace = async ({ width }: { width: number }) => {
    searched += 1
    return width > 10 ? FACE : undefined
  }
  deps = { store, makeSample: (item, settings) => makeFaceSample({ findFace }, item, settings) }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function prepare(id = 'x', settings = SETTINGS): Promise<DatasetRecord[]> {
  const records: DatasetRecord[] = []
  for await (const record of prepareDataset(deps, id, await openDataset({ folder: source }), settings)) {
    records.push(record)
  }
  return records
}
const locate = (uri: string) => locateDataset({ objects: store, cacheFolder: join(folder, 'cache') }, uri)
const reopened = async (id = 'x') => openDataset({ folder: await locate(`datasets/${id}`) })

describe('prepareDataset', () => {
  it('finds the faces that nobody has named, and leaves out pictures without one', async () => {
    await put(source, 'a/tiny.png', await encodePng(samplePicture(3, 8, 8)))
    const records = await prepare()
    expect(searched).toBe(10)
    expect(records.map(({ state }) => state)).toEqual([...Array(4).fill('running'), 'succeeded'])
    expect(records.at(-1)).toMatchObject({ total: 10, seen: 10, left: 1, subjects: 3, shards: 3 })
    expect(records.at(-1)?.skipped).toMatchObject([{ path: 'a/tiny.png', reason: 'FACE_NOT_FOUND' }])
    const { items } = await reopened()
    expect(items).toHaveLength(9)
    expect(items[0]?.face?.landmarks[0]?.x).toBeCloseTo(template(0).x + 3, -1)
    await expect(prepare('x', { ...SETTINGS, detect: false })).rejects.toMatchObject({
      reason: 'DATASET_SETTINGS_DIFFER',
    })
    // The refusal did not touch what is there.
    expect((await readDatasetRecord(store, 'datasets/x'))?.state).toBe('succeeded')
  })

  it('never searches what the landmarks file or a shard knows, and counts what the file does not know', async () => {
    await put(source, 'landmarks.csv', landmarksOf(paths.slice(1)))
    expect((await prepare()).at(-1)).toMatchObject({ total: 9, seen: 9, left: 1, skipped: [] })
    source = await locate('datasets/x')
    await prepare('again')
    expect(searched).toBe(0)
    // Framed once more from chips with room: the faces are where they were.
    const [first, again] = [await reopened(), await reopened('again')]
    for (const [i, { face }] of again.items.entries()) {
      expect(face?.landmarks[2]?.x).toBeCloseTo(first.items[i]?.face?.landmarks[2]?.x ?? 0, 5)
    }
  })

  it('is refused as training data until it is whole, and goes on where it ended', async () => {
    const whole = (await prepare('whole')).at(-1)
    const controller = new AbortController()
    const dataset = await openDataset({ folder: source })
    const steps = prepareDataset(deps, 'x', dataset, SETTINGS, controller.signal)
    await steps.next()
    await steps.next()
    controller.abort(new Error('enough'))
    await expect(steps.next()).rejects.toThrow('enough')
    const ended = await readDatasetRecord(store, 'datasets/x')
    expect(ended).toMatchObject({ state: 'cancelled', seen: 4, shards: 1 })
    await expect(locate('datasets/x')).rejects.toMatchObject({
      reason: 'DATASET_INCOMPLETE',
      message: expect.stringContaining('4 of 9'),
    })
    searched = 0
    const finished = (await prepare()).at(-1)
    expect(searched).toBe(5)
    expect(finished?.createTime).toBe(ended?.createTime)
    expect(finished?.fingerprint).toBe(whole?.fingerprint)
    for (const shard of ['shard-000000', 'shard-000001', 'shard-000002']) {
      const [one, other] = [await store.get(`datasets/x/${shard}.tar`), await store.get(`datasets/whole/${shard}.tar`)]
      expect(Buffer.from(one.body).equals(other.body)).toBe(true)
    }
    expect((await prepare()).at(-1)).toEqual(finished)
    expect((await listDatasetRecords(store)).map(({ id }) => id)).toEqual(['whole', 'x'])
  })

  it('leaves its record as cancelled where nobody reads on', async () => {
    for await (const { seen } of prepareDataset(deps, 'x', await openDataset({ folder: source }), SETTINGS)) {
      if (seen > 0) break
    }
    expect(await readDatasetRecord(store, 'datasets/x')).toMatchObject({ state: 'cancelled', shards: 1 })
  })

  it('never takes a dataset that went away for pictures without faces', async () => {
    const dataset = await openDataset({ folder: source })
    await rm(source, { recursive: true })
    const drain = async () => {
      for await (const _ of prepareDataset(deps, 'x', dataset, SETTINGS));
    }
    await expect(drain()).rejects.toMatchObject({ reason: 'DATASET_VANISHED' })
    expect(await readDatasetRecord(store, 'datasets/x')).toMatchObject({
      state: 'failed',
      shards: 0,
      error: { reason: 'DATASET_VANISHED' },
    })
    expect(await store.head('datasets/x/shard-000000.tar')).toBeUndefined()
  })

  it('tells how far it is also within a shard', async () => {
    source = join(folder, 'many')
    for (let i = 0; i < 60; i++) await put(source, `${i}.png`, await encodePng(samplePicture(i, 16, 16)))
    const records = await prepare('x', { ...SETTINGS, shardSize: 100, detect: false })
    expect(records.map(({ seen, shards }) => [seen, shards])).toEqual([
      [0, 0],
      [50, 0],
      [60, 1],
      [60, 1],
    ])
  })

  it('ends where the store is full, and goes on when there is room again', async () => {
    const { makeSample } = deps
    const full = new DomainError('STORAGE_FULL', 'The disk is full.')
    const put: ObjectStore['put'] = (key, ...more) =>
      key.endsWith('1.tar') ? Promise.reject(full) : store.put(key, ...more)
    deps = { store: { ...store, put }, makeSample }
    await expect(prepare()).rejects.toBe(full)
    expect(await readDatasetRecord(store, 'datasets/x')).toMatchObject({
      state: 'failed',
      shards: 1,
      error: { reason: 'STORAGE_FULL', message: 'The disk is full.' },
    })
    deps = { store, makeSample }
    expect((await prepare()).at(-1)).toMatchObject({ state: 'succeeded', shards: 3 })
    expect(await readDatasetRecord(store, 'datasets/x')).not.toHaveProperty('error')
  })

  it('fails where no picture has a face, and names the first', async () => {
    const jpeg = await encodeJpeg(samplePicture(1), 90)
    source = join(folder, 'broken')
    await put(source, 'a/1.jpg', jpeg.subarray(0, jpeg.length / 2))
    await expect(prepare()).rejects.toMatchObject({
      reason: 'DATASET_EMPTY',
      message: expect.stringContaining('a/1.jpg'),
    })
    await expect(reopened()).rejects.toMatchObject({ reason: 'DATASET_INCOMPLETE' })
  })

  it('names content, not settings of its files or the order of its faces', async () => {
    const of = async (id: string, settings: ShardSettings) => (await prepare(id, settings)).at(-1)?.fingerprint
    const first = await of('first', SETTINGS)
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(await of('longer', { ...SETTINGS, shardSize: 100 })).toBe(first)
    expect(await of('roomy', { ...SETTINGS, room: 4 })).not.toBe(first)
  })
})

describe('locateDataset', () => {
  it('takes a dataset by name, an object prefix, and a path as it is', async () => {
    await prepare()
    const folder = await locate('datasets/x')
    for (const uri of ['datasets/x/', 'object:datasets/x', 'object:datasets/x/']) expect(await locate(uri)).toBe(folder)
    expect(await locate(source)).toBe(source)
    await expect(locate('datasets/none')).rejects.toMatchObject({ reason: 'DATASET_NOT_FOUND' })
    await expect(locate('s3://bucket/faces')).rejects.toMatchObject({ reason: 'URI_UNSUPPORTED' })
    await expect(locate('object:../x')).rejects.toMatchObject({ reason: 'OBJECT_KEY_INVALID' })
  })

  it('brings a landmarks file out of the store', async () => {
    await store.put('tables/faces.csv', Buffer.from(landmarksOf(paths.slice(0, 2))))
    const deps = { objects: store, cacheFolder: join(folder, 'cache') }
    const landmarksFile = await locateLandmarks(deps, 'object:tables/faces.csv')
    expect((await openDataset({ folder: source, landmarksFile })).items).toHaveLength(2)
    expect(await locateLandmarks(deps, '/some/where.csv')).toBe('/some/where.csv')
  })
})

describe('datasetPrefix', () => {
  it.each(['', 'A', 'a/b', '..', 'a_b', '-a', 'a-', 'x'.repeat(64)])('refuses %j', (id) => {
    expect(() => datasetPrefix(id)).toThrow(expect.objectContaining({ reason: 'NAME_INVALID' }))
  })
})

function template(point: number) {
  const [x, y] = crop.kind === 'alignment' ? (crop.template[point] as [number, number]) : [0, 0]
  return { x, y }
}
