import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { TrainingProgress } from '../../gen/crossres/v1/trainer.js'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { loadTensorFlow } from '../../libs/engine/tensorflow.js'
import { BASE_MODEL, ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { versionName } from '../../libs/models/model-name.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { runTraining } from '../../services/trainer/run/run-training.js'
import { resolveSettings } from '../../services/trainer/scheme/text-settings.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { SHARED } from '../fixtures/shared-models.js'
import type { BenchRow } from './bench-row.js'

const IMAGES = 6_400
const MOST_WAITING = 5
const PINS = join(SHARED, 'data', 'pins')
const COPIES = 200
// Shortest side, as in `pins`: whole photographs would measure their decoding.
const PICTURE_SIDE = 180

/** The share of a real training's time, its start included, that it stands waiting for faces. */
export async function measureLoader(folder: string, log: (line: string) => void, images = IMAGES): Promise<BenchRow> {
  const data = existsSync(PINS) ? PINS : await samplePictures(join(folder, 'pictures'))
  const objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
  const version = await ensureBaseModel({
    registry: createModelRegistry({ objects }),
    packageFolder: faceApiFolder(),
    cacheFolder: join(cacheFolder({}), 'face-api'),
  })
  const base = versionName(BASE_MODEL, version)
  let last: TrainingProgress | undefined
  await runTraining(
    {
      tf: await loadTensorFlow(),
      objects,
      cacheFolder: join(folder, 'datasets'),
      loaderThreads: availableParallelism(),
    },
    {
      id: 'bench',
      // Nothing is held out: a validation would count as time in which nobody waits.
      settings: resolveSettings({
        method: 'crossres',
        preset: 'default',
        settings: { images: String(images), validation_share: '0' },
      }),
      baseVersion: base,
      teacherVersion: base,
      dataUri: data,
      landmarksUri: '',
      resultModel: 'bench',
    },
    {
      progressed(progress) {
        last = progress
      },
      checkpointStored() {},
      signal: new AbortController().signal,
    },
  )
  const share = (last?.dataWaitShare ?? 1) * 100
  log(`default model, ${data}: ${last?.imagesPerSecond.toFixed(1)} images/s, ${share.toFixed(1)} % waiting for faces`)
  return {
    what: `training, share of time waiting for faces, default model, ${images} images`,
    ours: share,
    peer: null,
    unit: '%',
    ratio: null,
    bar: `<= ${MOST_WAITING}`,
    pass: share <= MOST_WAITING,
  }
}

/** Small pictures without names, each taken as a face whole: what they show is of no account here. */
async function samplePictures(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const number of [1, 2, 3, 4, 5, 6]) {
    const picture = await sharp(await samplePhotograph(number))
      .resize({ width: PICTURE_SIDE, height: PICTURE_SIDE, fit: 'outside' })
      .jpeg()
      .toBuffer()
    for (let copy = 0; copy < COPIES; copy++) await writeFile(join(folder, `${number}-${copy}.jpg`), picture)
  }
  return folder
}
