import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PrepareDatasetRequest } from '../../gen/crossres/v1/downsampler.js'
import { makeFaceSample } from '../../libs/dataset/face-sample.js'
import { landmarksOf, newFolder, put, writeSubjects } from '../../libs/dataset/testing/sample-faces.js'
import type { ModelRegistry } from '../../libs/models/model-registry.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { PRESETS } from '../../libs/models/presets.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { createDatasets, type Datasets } from './datasets.js'

const { input, crop } = PRESETS.mobilefacenet

let folder: string
let source: string
let datasets: Datasets
/** Lets the pictures through. */
let open: () => void
beforeEach(async () => {
  folder = await newFolder()
  source = join(folder, 'source')
  await put(source, 'landmarks.csv', landmarksOf(await writeSubjects(source, 1, 2)))
  const objects = await createFolderObjectStore({ folder: join(folder, 'store') })
  const registry: ModelRegistry = createModelRegistry({ objects })
  await registry.put('mine', Buffer.from('a network'), {
    schema: 1,
    input,
    crop,
    inputName: 'image',
    outputName: 'feature',
    dimension: 128,
    normalises: false,
    batch: 'dynamic',
    licence: 'none',
    origin: 'a test',
  })
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  datasets = createDatasets({
    objects,
    cacheFolder: join(folder, 'cache'),
    registry,
    defaultModel: 'mine',
    makeSample: async (item, settings) => {
      await gate
      return makeFaceSample({ findFace: async () => undefined }, item, settings)
    },
  })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const prepare = (datasetId: string) =>
  datasets.prepare(PrepareDatasetRequest.fromPartial({ datasetId, sourceUri: source }), new AbortController().signal)

describe('createDatasets', () => {
  it('has one writer a dataset, and takes the next when that has ended', async () => {
    const first = prepare('x')
    await first.next()
    await expect(prepare('x').next()).rejects.toMatchObject({ reason: 'DATASET_BUSY' })
    await prepare('y').next()
    open()
    let seen = 0n
    for await (const { dataset } of first) seen = dataset?.imagesSeen ?? 0n
    expect(seen).toBe(2n)
    expect((await prepare('x').next()).value?.dataset?.imagesTotal).toBe(2n)
  })

  it('lists page by page', async () => {
    open()
    for (const id of ['a-b', 'a', 'c']) for await (const _ of prepare(id));
    const first = await datasets.list({ pageSize: 2, pageToken: '' })
    const second = await datasets.list({ pageSize: 2, pageToken: first.nextPageToken })
    const names = [...first.datasets, ...second.datasets].map(({ name }) => name)
    expect(names).toEqual(['datasets/a', 'datasets/a-b', 'datasets/c'])
    expect(second.nextPageToken).toBe('')
  })
})
