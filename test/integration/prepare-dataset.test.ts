import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FaceSelection, type Image, JobState } from '../../gen/crossres/v1/common.js'
import { ChipFormat, type Dataset, type PrepareDatasetRequest } from '../../gen/crossres/v1/downsampler.js'
import type { DeepPartial, EmbedRequest } from '../../gen/crossres/v1/embedder.js'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { PLAIN_VIEW } from '../../libs/dataset/augment.js'
import { openDataset } from '../../libs/dataset/dataset.js'
import type { FaceItem } from '../../libs/dataset/face-item.js'
import { fetchDataset } from '../../libs/dataset/fetch-dataset.js'
import { readChips } from '../../libs/dataset/read-chip.js'
import { landmarksOf, samplePicture } from '../../libs/dataset/testing/sample-faces.js'
import { encodeJpeg } from '../../libs/image/encode.js'
import { PRESETS } from '../../libs/models/presets.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { createCli } from '../e2e/cli-process.js'
import { collect, failureOfCall } from '../fixtures/calls.js'
import { cosine } from '../fixtures/cosine.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { hasShared, SHARED } from '../fixtures/shared-models.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'

const { input, crop } = PRESETS['face-api']
const preparation = { input, crop }
/** Widest views of the trainer's presets. */
const JITTERED = { ...PLAIN_VIEW, rotation: -4, scale: 0.94, shiftX: 0.035, shiftY: -0.035 }

let stack: TestStack
let folder: string
let source: string
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-datasets-'))
  source = join(folder, 'source')
  await mkdir(source)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const call = (request: Partial<PrepareDatasetRequest>, signal?: AbortSignal) =>
  stack.clients.downsampler.prepareDataset({ sourceUri: source, ...request }, signal ? { signal } : {})
async function prepare(request: Partial<PrepareDatasetRequest>): Promise<Dataset> {
  const answers = await collect(call(request))
  return answers.at(-1)?.dataset as Dataset
}
const store = () => createFolderObjectStore({ folder: join(stack.dataFolder, 'objects') })
const reopened = async (id: string) =>
  openDataset({ folder: await fetchDataset(await store(), `datasets/${id}`, join(folder, 'cache')) })

const content = (value: Buffer): Image => ({ source: { $case: 'content', value } })
async function embed(request: DeepPartial<EmbedRequest>): Promise<number[]> {
  const values = (await stack.clients.embedder.embed(request)).faces[0]?.embedding?.values as Buffer
  return Array.from({ length: values.length / 4 }, (_, i) => values.readFloatLE(4 * i))
}

async function writeFaces(count: number): Promise<void> {
  const paths: string[] = []
  for (let i = 0; i < count; i++) {
    const path = `${i % 2 ? 'ada' : 'bob'}/${i}.jpg`
    await mkdir(dirname(join(source, path)), { recursive: true })
    await writeFile(join(source, path), await encodeJpeg(samplePicture(i), 90))
    paths.push(path)
  }
  await writeFile(join(source, 'landmarks.csv'), landmarksOf(paths))
}

async function chip(item: FaceItem, view = PLAIN_VIEW) {
  const read = await readChips(item, [view], preparation)
  if (!('chips' in read)) throw new Error(`${item.path} was skipped`)
  return read.chips[0]?.data as Uint8Array
}

describe('PrepareDataset', () => {
  it('writes faces that are found: chips of real photographs with their landmarks', async () => {
    for (const number of [1, 2, 3]) await writeFile(join(source, `${number}.jpg`), await samplePhotograph(number))
    const answers = await collect(call({ datasetId: 'found' }))
    expect(answers.map(({ dataset }) => Number(dataset?.imagesSeen))).toEqual([0, 3, 3])
    const dataset = answers.at(-1)?.dataset
    expect(dataset).toMatchObject({
      name: 'datasets/found',
      state: JobState.SUCCEEDED,
      imagesTotal: 3n,
      imagesSkipped: 0n,
      subjects: 0n,
      shards: 1n,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(dataset?.endTime?.getTime()).toBeGreaterThanOrEqual(dataset?.createTime?.getTime() ?? Number.NaN)
    const { items } = await reopened('found')
    // The embedder finds the same faces. Their pixels are those that it sees up to the anti-aliasing of large faces, whose grid begins
    // where the room around the chip does.
    for (const [i, item] of items.entries()) {
      const landmarks = item.face?.landmarks.map((point) => ({ ...point })) ?? []
      const whole = await embed({ image: content(await readFile(join(source, `${i + 1}.jpg`))) })
      const fromChip = await embed({
        image: content(await bytesOf(item)),
        faces: FaceSelection.GIVEN,
        regions: [{ box: item.face?.box, landmarks, detectionScore: 1 }],
      })
      expect(cosine(fromChip, whole)).toBeGreaterThan(0.9999)
    }
  })

  it('keeps the chips of the source, and enough around them for the widest jitter', async () => {
    await writeFaces(5)
    expect(await prepare({ datasetId: 'exact', shardSize: 2 })).toMatchObject({ shards: 3n, subjects: 2n })
    expect(await prepare({ datasetId: 'close', format: ChipFormat.JPEG })).toMatchObject({ shards: 1n })
    const [before, exact, close] = [
      await openDataset({ folder: source }),
      await reopened('exact'),
      await reopened('close'),
    ]
    expect(exact.items.map(({ subject }) => subject)).toEqual(before.items.map(({ subject }) => subject))
    for (const [i, item] of before.items.entries()) {
      const [plain, jittered] = [await chip(item), await chip(item, JITTERED)]
      expect(meanDifference(await chip(exact.items[i] as FaceItem), plain)).toBe(0)
      // Sampled twice in place of once: at most a grey level or two on the mean, and nowhere black.
      expect(meanDifference(await chip(exact.items[i] as FaceItem, JITTERED), jittered)).toBeLessThan(2)
      expect(meanDifference(await chip(close.items[i] as FaceItem), plain)).toBeLessThan(3)
    }
  })

  it('goes on where it was interrupted, and answers the same', async () => {
    await writeFaces(12)
    const request = { shardSize: 3 }
    const whole = await prepare({ datasetId: 'whole', ...request })
    const controller = new AbortController()
    const interrupted = async () => {
      for await (const { dataset } of call({ datasetId: 'cut', ...request }, controller.signal)) {
        if (dataset && dataset.shards > 0n) controller.abort()
      }
    }
    await expect(interrupted()).rejects.toThrow()
    const cut = await untilState('cut', JobState.CANCELLED)
    expect(cut.shards).toBeGreaterThan(0n)
    const resumed = await prepare({ datasetId: 'cut', ...request })
    expect(resumed).toMatchObject({ shards: 4n, imagesSeen: 12n, fingerprint: whole.fingerprint })
    expect(resumed.createTime).toEqual(cut.createTime)
  })

  it('leaves out a truncated picture, and names it', async () => {
    await writeFaces(4)
    const file = join(source, 'ada', '1.jpg')
    const whole = await readFile(file)
    await writeFile(file, whole.subarray(0, whole.length / 2))
    const { imagesSkipped, skipped, state } = await prepare({ datasetId: 'truncated' })
    expect([imagesSkipped, state]).toEqual([1n, JobState.SUCCEEDED])
    expect(skipped).toMatchObject([{ path: 'ada/1.jpg', error: { reason: 'IMAGE_CORRUPT', code: 3 } }])
    expect((await reopened('truncated')).items).toHaveLength(3)
  })

  it('reads a source in the object store, and takes crops whole', async () => {
    const objects = await store()
    for (const name of ['a/1.jpg', 'b/1.jpg']) {
      await objects.put(`crops/${name}`, await encodeJpeg(samplePicture(name.length), 90))
    }
    const request = { datasetId: 'crops', sourceUri: 'object:crops/', faces: FaceSelection.WHOLE_IMAGE }
    expect(await prepare(request)).toMatchObject({ subjects: 2n, imagesSkipped: 0n })
    expect((await reopened('crops')).items.map(({ face }) => face)).toEqual([undefined, undefined])
  })

  it.each([
    ['no name', { datasetId: '' }, 'NAME_INVALID'],
    ['a name with a path in it', { datasetId: '../x' }, 'NAME_INVALID'],
    ['no source', { datasetId: 'x', sourceUri: '' }, 'FIELD_MISSING'],
    ['a source that is not there', { datasetId: 'x', sourceUri: '/no/such/folder' }, 'DATASET_NOT_FOUND'],
    ['a model that is not there', { datasetId: 'x', model: 'models/none' }, 'MODEL_NOT_FOUND'],
    ['all faces of a picture', { datasetId: 'x', faces: FaceSelection.ALL }, 'FIELD_INVALID'],
    ['a shard of everything', { datasetId: 'x', shardSize: 10_001 }, 'FIELD_INVALID'],
    ['other settings for the same name', { datasetId: 'taken', shardSize: 1 }, 'DATASET_SETTINGS_DIFFER'],
  ])('refuses %s', async (_, request, reason) => {
    await writeFaces(2)
    if (request.datasetId === 'taken') await prepare({ datasetId: 'taken' })
    expect(await failureOfCall(collect(call(request)))).toMatchObject({ reason })
  })
})

describe('crossres datasets', () => {
  const cli = () => createCli({ CROSSRES_DATA: join(folder, 'data'), CROSSRES_CACHE: cacheFolder({}) })

  it('prepares, names what it left out, and lists', { timeout: 120_000 }, async () => {
    await writeFaces(4)
    await writeFile(join(source, 'ada', '1.jpg'), 'no picture')
    const { run } = cli()
    const prepared = await run('datasets', 'prepare', source, '--name', 'faces', '--shard-size', '2', '--json')
    expect(prepared.stderr).toContain('left out: ada/1.jpg: ')
    expect(prepared.json()).toMatchObject({ name: 'datasets/faces', state: 'SUCCEEDED', imagesTotal: 4, shards: 2 })
    expect(prepared.json().skipped).toMatchObject([{ path: 'ada/1.jpg', reason: 'IMAGE_FORMAT_UNSUPPORTED' }])
    expect((await run('datasets', '--json')).json().datasets).toEqual([prepared.json()])
    expect((await run('datasets')).stdout).toMatch(/^faces +3 +2 +1 +2 +succeeded/m)
    const again = await run('datasets', 'prepare', source, '--name', 'faces', '--shard-size', '2')
    expect(again, again.stderr).toMatchObject({
      code: 0,
      stdout: 'faces: 3 faces of 2 subjects in 2 shards, 1 left out.\n',
    })
  })

  it('says what is wrong', async () => {
    const { run } = cli()
    const missing = await run('datasets', 'prepare', join(folder, 'none'), '--name', 'faces')
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('DATASET_NOT_FOUND') })
    expect((await run('datasets', 'prepare', source)).code).toBe(2)
  })
})

describe.skipIf(!hasShared)('with real faces', () => {
  it('gives the chips of the source, from labelled faces with landmarks', async () => {
    const pins = join(SHARED, 'data', 'pins')
    const table = (await readFile(join(pins, 'landmarks.csv'), 'utf8')).split('\n')
    const rows = table.slice(1).filter((_, i) => i % 500 === 0 && i < 6_000)
    for (const row of rows) {
      const path = row.slice(0, row.indexOf(','))
      await mkdir(dirname(join(source, path)), { recursive: true })
      await copyFile(join(pins, path), join(source, path))
    }
    await writeFile(join(folder, 'known.csv'), [table[0], ...rows].join('\n'))
    const dataset = await prepare({ datasetId: 'pins', landmarksUri: join(folder, 'known.csv') })
    expect(dataset).toMatchObject({ imagesTotal: BigInt(rows.length), imagesSkipped: 0n })
    const before = await openDataset({ folder: source, landmarksFile: join(folder, 'known.csv') })
    const { items } = await reopened('pins')
    for (const [i, item] of before.items.entries()) {
      expect(meanDifference(await chip(items[i] as FaceItem), await chip(item))).toBe(0)
      expect(meanDifference(await chip(items[i] as FaceItem, JITTERED), await chip(item, JITTERED))).toBeLessThan(2)
    }
  })
})

/** The server hears of an interruption a moment after its caller. */
async function untilState(id: string, state: JobState): Promise<Dataset> {
  await expect.poll(async () => (await named(id))?.state, { timeout: 10_000 }).toBe(state)
  return (await named(id)) as Dataset
}

async function named(id: string): Promise<Dataset | undefined> {
  const { datasets } = await stack.clients.downsampler.listDatasets({})
  return datasets.find(({ name }) => name === `datasets/${id}`)
}

async function bytesOf({ bytes: { file, part } }: FaceItem): Promise<Buffer> {
  const whole = await readFile(file)
  return part ? whole.subarray(part.offset, part.offset + part.length) : whole
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length
}
