import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeJpeg } from '../../image/encode.js'
import { preparePixels } from '../../models/prepare-pixels.js'
import { PRESETS } from '../../models/presets.js'
import { type ChipView, PLAIN_VIEW } from '../augment.js'
import { openDataset } from '../dataset.js'
import type { FaceItem } from '../face-item.js'
import { readChips } from '../read-chip.js'
import { landmarksOf, newFolder, put, samplePicture, writeSubjects } from '../testing/sample-faces.js'
import { type Batch, type BatchOptions, createBatchLoader, type Draw } from './loader.js'

const PINS = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data', 'pins')
const { input, crop } = PRESETS.mobilefacenet
const preparation = { input, crop }
const LENGTH = 112 * 112 * 3

/** Two views each, which differ by draw. */
const drawsOf = (items: readonly FaceItem[]): Draw[] =>
  items.map((item, i) => {
    const jitter: ChipView = { ...PLAIN_VIEW, rotation: i - 3, scale: 1 + i / 50, shiftX: i / 100, flip: i % 2 === 0 }
    return { item, views: [PLAIN_VIEW, { ...jitter, grey: i % 3 === 0, resolution: 8 + i }] }
  })

/** Pixels by their digest: comparing millions of values one by one takes half a minute. */
const digest = (pixels: Float32Array) =>
  createHash('sha256')
    .update(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength))
    .digest('hex')
const digested = (batches: readonly Batch[]) =>
  batches.map(({ pixels, ...batch }) => ({ ...batch, pixels: pixels.map(digest) }))

interface Loaded {
  readonly batches: Batch[]
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
  readonly waitShare: number
}

async function load(
  folder: string,
  draws: Iterable<Draw>,
  threads: number,
  options: Partial<BatchOptions> = {},
  between: () => Promise<void> | void = () => {},
): Promise<Loaded> {
  const loader = createBatchLoader({ folder, preparation, threads })
  try {
    const batches: Batch[] = []
    for await (const batch of loader.batches(draws, { size: 4, views: 2, prefetch: 2, ...options })) {
      batches.push(batch)
      await between()
    }
    return { batches, skipped: loader.skipped.list(), waitShare: loader.waitShare() }
  } finally {
    await loader.close()
  }
}

describe('createBatchLoader', () => {
  let folder: string
  beforeEach(async () => {
    folder = await newFolder()
    const paths = await writeSubjects(folder, 3, 5)
    await put(folder, 'landmarks.csv', landmarksOf(paths))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('yields the draws in their order, as one thread or two would, each as read alone', async () => {
    const { items } = await openDataset({ folder })
    const draws = drawsOf([...items].reverse())
    const one = await load(folder, draws, 1)
    const two = await load(folder, draws, 2, { prefetch: 4 })
    expect(digested(two.batches)).toEqual(digested(one.batches))
    expect(one.batches.map(({ index, draws: kept }) => [index, kept.length])).toEqual([
      [0, 4],
      [1, 4],
      [2, 4],
      [3, 3],
    ])
    expect(one.batches.flatMap((batch) => batch.draws)).toEqual(draws)
    for (const [i, draw] of draws.entries()) {
      const alone = await readChips(draw.item, draw.views, preparation)
      if (!('chips' in alone)) throw new Error('a whole picture was skipped')
      for (const [view, chip] of alone.chips.entries()) {
        const expected = new Float32Array(LENGTH)
        preparePixels(chip, input, expected, 0)
        const from = (i % 4) * LENGTH
        const loaded = one.batches[Math.floor(i / 4)]?.pixels[view] as Float32Array
        expect(digest(loaded.subarray(from, from + LENGTH))).toBe(digest(expected))
      }
    }
    expect(one.waitShare).toBeGreaterThan(0)
    expect(one.waitShare).toBeLessThanOrEqual(1)
  })

  it('skips and names what cannot be read, and goes on', async () => {
    const jpeg = await encodeJpeg(samplePicture(9), 90)
    await put(folder, 'a/1.jpg', jpeg.subarray(0, jpeg.length / 2))
    await put(folder, 'b/2.png', 'no picture')
    const { items } = await openDataset({ folder })
    await rm(join(folder, 'c', '0.png'))
    const draws = drawsOf(items)
    const { batches, skipped } = await load(folder, [...draws, ...draws], 2)
    expect(skipped).toEqual([
      { path: 'a/1.jpg', reason: 'IMAGE_CORRUPT' },
      { path: 'b/2.png', reason: 'IMAGE_FORMAT_UNSUPPORTED' },
      { path: 'c/0.png', reason: 'IMAGE_FILE_MISSING' },
    ])
    expect(batches.flatMap((batch) => batch.draws.map(({ item }) => item.path))).toHaveLength(2 * 12)
    expect(batches[0]?.draws.map(({ item }) => item.path)).toEqual(['a/0.png', 'a/2.png', 'a/3.jpg'])
    expect(batches[0]?.pixels.map(({ length }) => length)).toEqual([3 * LENGTH, 3 * LENGTH])
  })

  it('takes no more draws than batches are asked for ahead', async () => {
    const { items } = await openDataset({ folder })
    let taken = 0
    function* endless(): Generator<Draw> {
      for (let i = 0; ; i++) {
        taken++
        yield { item: items[i % items.length] as FaceItem, views: [PLAIN_VIEW] }
      }
    }
    const loader = createBatchLoader({ folder, preparation, threads: 2 })
    const batches = loader.batches(endless(), { size: 2, views: 1, prefetch: 3 })
    expect(taken).toBe(0)
    for (let had = 1; had <= 20; had++) {
      await batches.next()
      expect(taken).toBe((had + 3) * 2)
    }
    await batches.return()
    await loader.close()
    expect(taken).toBe(23 * 2)
  })

  it.each([
    ['is gone', (root: string) => rm(root, { recursive: true })],
    ['is empty', (root: string) => rm(root, { recursive: true }).then(() => mkdir(root))],
    [
      'has its landmarks only',
      (root: string) =>
        Promise.all(['a', 'b', 'c'].map((name) => rm(join(root, name), { recursive: true }))).then(() => undefined),
    ],
  ])('ends where the folder %s', async (_, remove) => {
    const { items } = await openDataset({ folder })
    const draws = drawsOf(items)
    let had = 0
    const loading = load(folder, [...draws, ...draws, ...draws], 1, { prefetch: 1 }, async () => {
      if (++had === 2) await remove(folder)
    })
    await expect(loading).rejects.toMatchObject({ reason: 'DATASET_VANISHED' })
    expect(had).toBeGreaterThanOrEqual(2)
  })

  it('ends with the reason of its signal', async () => {
    const { items } = await openDataset({ folder })
    const controller = new AbortController()
    const stop = new Error('enough')
    const loading = load(folder, drawsOf(items), 1, { signal: controller.signal }, () => controller.abort(stop))
    await expect(loading).rejects.toBe(stop)
  })

  it.skipIf(!existsSync(PINS))('reads real faces alike on one thread and on two', async () => {
    const { items } = await openDataset({ folder: PINS })
    const draws = drawsOf(items.filter((_, i) => i % 600 === 0))
    const one = await load(PINS, draws, 1)
    const two = await load(PINS, draws, 2, { prefetch: 3 })
    expect(digested(two.batches)).toEqual(digested(one.batches))
    expect(one.skipped).toEqual([])
    expect(one.batches.flatMap((batch) => batch.draws)).toEqual(draws)
  })
})
