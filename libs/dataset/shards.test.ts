import { rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeJpeg, encodePng } from '../image/encode.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { Preparation } from '../models/model-card.js'
import { PRESETS } from '../models/presets.js'
import { createFolderObjectStore } from '../objects/folder.js'
import type { ObjectStore } from '../objects/object-store.js'
import { PLAIN_VIEW } from './augment.js'
import { openDataset } from './dataset.js'
import type { FaceItem } from './face-item.js'
import { makeFaceSample } from './face-sample.js'
import { fetchDataset } from './fetch-dataset.js'
import { readChips } from './read-chip.js'
import { type ShardDeps, type ShardProgress, type ShardSettings, writeShards } from './shards.js'
import { landmarksOf, newFolder, put, samplePicture, writeSubjects } from './testing/sample-faces.js'

const ALIGNED: Preparation = { input: PRESETS.mobilefacenet.input, crop: PRESETS.mobilefacenet.crop }
const BY_BOX: Preparation = {
  input: PRESETS['vggface2-se-resnet-50'].input,
  crop: PRESETS['vggface2-se-resnet-50'].crop,
}
const SETTINGS: ShardSettings = { preparation: ALIGNED, format: 'png', shardSize: 4, room: 0, detect: false }

const makeSample: ShardDeps['makeSample'] = (item, settings) =>
  makeFaceSample({ findFace: async () => undefined }, item, settings)

async function chipOf(item: FaceItem, preparation: Preparation): Promise<RgbImage> {
  const read = await readChips(item, [PLAIN_VIEW], preparation)
  if (!('chips' in read)) throw new Error(`${item.path} was skipped`)
  return read.chips[0] as RgbImage
}

const sameChip = (a: RgbImage, b: RgbImage) => Buffer.from(a.data).equals(b.data)
const meanDifference = (a: RgbImage, b: RgbImage) =>
  a.data.reduce((sum, value, i) => sum + Math.abs(value - (b.data[i] as number)), 0) / a.data.length

describe('writeShards', () => {
  let folder: string
  let source: string
  let store: ObjectStore
  let deps: ShardDeps
  beforeEach(async () => {
    folder = await newFolder()
    source = join(folder, 'source')
    store = await createFolderObjectStore({ folder: join(folder, 'store') })
    deps = { store, makeSample }
    const paths = await writeSubjects(source, 3, 3)
    await put(source, 'landmarks.csv', landmarksOf(paths))
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function write(settings: ShardSettings, prefix = 'datasets/x'): Promise<ShardProgress[]> {
    const progress: ShardProgress[] = []
    for await (const step of writeShards(deps, await openDataset({ folder: source }), prefix, settings)) {
      progress.push(step)
    }
    return progress
  }
  const written = async (prefix = 'datasets/x') =>
    openDataset({ folder: await fetchDataset(store, prefix, join(folder, 'cache')) })

  it.each([
    ['aligned', ALIGNED, 0],
    ['aligned, with room around', ALIGNED, 10],
    ['cropped by box', BY_BOX, 0],
  ])('gives back the same chips, %s', async (_, preparation, room) => {
    await write({ ...SETTINGS, preparation, room })
    const [before, after] = [await openDataset({ folder: source }), await written()]
    expect(after.items.map(({ subject }) => subject)).toEqual(before.items.map(({ subject }) => subject))
    expect(after.items[4]?.path).toBe('shard-000001.tar/000000004.png')
    for (const [i, item] of after.items.entries()) {
      const chip = await chipOf(item, preparation)
      expect(sameChip(chip, await chipOf(before.items[i] as FaceItem, preparation))).toBe(true)
    }
  })

  it('keeps picture around the face where there is room for it', async () => {
    const shifted = { ...PLAIN_VIEW, shiftY: -6 / 112 }
    const lastRow = async (prefix: string) => {
      const read = await readChips((await written(prefix)).items[0] as FaceItem, [shifted], ALIGNED)
      const chip = 'chips' in read ? (read.chips[0] as RgbImage) : undefined
      return chip?.data[(109 * 112 + 56) * 3]
    }
    await write(SETTINGS, 'tight')
    await write({ ...SETTINGS, room: 10 }, 'roomy')
    expect(await lastRow('tight')).toBe(0)
    expect(await lastRow('roomy')).toBeGreaterThan(0)
  })

  it('stays close in JPEG, in fewer bytes', async () => {
    await write(SETTINGS, 'png')
    await write({ ...SETTINGS, format: 'jpeg' }, 'jpeg')
    const [exact, close] = [await written('png'), await written('jpeg')]
    for (const [i, item] of close.items.entries()) {
      expect(item.path).toMatch(/\.jpg$/)
      const difference = meanDifference(await chipOf(item, ALIGNED), await chipOf(exact.items[i] as FaceItem, ALIGNED))
      expect(difference).toBeLessThan(3)
    }
    const bytes = ({ items }: typeof exact) => items.reduce((sum, item) => sum + (item.bytes.part?.length ?? 0), 0)
    expect(bytes(close)).toBeLessThan(bytes(exact))
  })

  it('goes on where it ended, with the same bytes', async () => {
    const first = await write(SETTINGS)
    expect(first.map(({ done, total, shards }) => [done, total, shards])).toEqual([
      [0, 9, 0],
      [4, 9, 1],
      [8, 9, 2],
      [9, 9, 3],
    ])
    const shard = 'datasets/x/shard-000001'
    const { body } = await store.get(`${shard}.tar`)
    await store.delete(`${shard}.json`)
    await store.delete(`${shard}.tar`)
    // A shard with its report is not made again, whatever is in it.
    await store.put('datasets/x/shard-000000.tar', Buffer.from('kept'))
    expect(await write(SETTINGS)).toEqual(first)
    expect(Buffer.from((await store.get(`${shard}.tar`)).body).equals(body)).toBe(true)
    expect(Buffer.from((await store.get('datasets/x/shard-000000.tar')).body).toString()).toBe('kept')
  })

  it('never mixes settings or datasets', async () => {
    await write(SETTINGS)
    await expect(write({ ...SETTINGS, room: 1 })).rejects.toMatchObject({ reason: 'DATASET_SETTINGS_DIFFER' })
    await put(source, 'a/0.png', await encodePng(samplePicture(99)))
    await expect(write(SETTINGS)).rejects.toMatchObject({ reason: 'DATASET_SETTINGS_DIFFER' })
  })

  it('skips and names a truncated picture, also when it goes on', async () => {
    const jpeg = await encodeJpeg(samplePicture(9), 90)
    await put(source, 'a/1.jpg', jpeg.subarray(0, jpeg.length / 2))
    const skipped = [{ path: 'a/1.jpg', reason: 'IMAGE_CORRUPT', message: expect.stringContaining('truncated') }]
    expect((await write(SETTINGS)).at(-1)?.skipped).toEqual(skipped)
    expect((await write(SETTINGS)).at(-1)?.skipped).toEqual(skipped)
    expect((await written()).items).toHaveLength(8)
  })

  it('stops with the reason of its signal and leaves whole shards', async () => {
    const controller = new AbortController()
    const dataset = await openDataset({ folder: source })
    const steps = writeShards(deps, dataset, 'datasets/x', SETTINGS, controller.signal)
    // The beginning, and the first shard.
    await steps.next()
    await steps.next()
    controller.abort(new Error('enough'))
    await expect(steps.next()).rejects.toThrow('enough')
    expect((await written()).items).toHaveLength(4)
  })
})

describe('shards of others', () => {
  let folder: string
  beforeEach(async () => {
    folder = await newFolder()
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function writeTar(name: string, entries: readonly (readonly [string, Uint8Array | string])[]): Promise<string> {
    const tar = pack()
    for (const [entry, content] of entries) tar.entry({ name: entry }, content)
    tar.finalize()
    const parts: Buffer[] = []
    for await (const part of tar as AsyncIterable<Buffer>) parts.push(part)
    const file = join(folder, name)
    await writeFile(file, Buffer.concat(parts))
    return file
  }

  it('takes .cls for the subject, long names, folders, and pictures without a label', async () => {
    const picture = samplePicture(4, 112, 112)
    const png = await encodePng(picture)
    const long = `${'folder/'.repeat(30)}x`
    await writeTar('b.tar', [
      ['train/1.jpg.cls', 'ignored'],
      ['train/2.cls', '17\n'],
      ['train/2.png', png],
      ['3.png', png],
      [`${long}.png`, png],
      ['readme', 'no sample'],
    ])
    const { items } = await openDataset({ folder })
    expect(items.map(({ path, subject }) => [path, subject])).toEqual([
      ['b.tar/train/2.png', '17'],
      ['b.tar/3.png', null],
      [`b.tar/${long}.png`, null],
    ])
    for (const item of items) expect(sameChip(await chipOf(item, ALIGNED), picture)).toBe(true)
  })

  it('refuses a shard cut short, one that is none, and one whose .json is none', async () => {
    const whole = [['1.png', await encodePng(samplePicture(1))]] as const
    await truncate(await writeTar('a.tar', whole), 700)
    await expect(openDataset({ folder })).rejects.toMatchObject({ reason: 'SHARD_CORRUPT' })
    await writeFile(join(folder, 'a.tar'), Buffer.alloc(2048, 7))
    await expect(openDataset({ folder })).rejects.toMatchObject({ reason: 'SHARD_CORRUPT' })
    await writeTar('a.tar', [...whole, ['1.json', '{']])
    await expect(openDataset({ folder })).rejects.toMatchObject({ reason: 'SHARD_CORRUPT' })
    await writeTar('a.tar', [['1.txt', 'no picture']])
    await expect(openDataset({ folder })).rejects.toMatchObject({ reason: 'DATASET_EMPTY' })
  })
})
