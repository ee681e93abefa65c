import { join } from 'node:path'
import { once } from '../../../libs/config/once.js'
import { createThreadPool } from '../../../libs/config/thread-pool.js'
import { workerFile } from '../../../libs/config/worker-file.js'
import type { KnownFace } from '../../../libs/dataset/face-item.js'
import type { FivePoints } from '../../../libs/face/face.js'
import { faceApiFolder } from '../../../libs/models/base-model.js'
import { importFaceApi } from '../../../libs/models/face-api/import-face-api.js'
import type { Preparation } from '../../../libs/models/model-card.js'
import type { ProtocolImage } from '../../../libs/protocols/protocol.js'
import { openFaceCache } from './face-cache.js'
import type { LocatedFace, LocateTask, LocateThreadData } from './locate-task.js'

/** Finds faces where a data set does not say enough of them, and remembers them. */
export interface FaceLocator {
  /**
   * @param key stands for the picture, see pictureKey
   * @returns the face, or the reason why there is none
   */
  locate(image: ProtocolImage, key: string, signal: AbortSignal): Promise<LocatedFace>
  close(): Promise<void>
}

/** What a locator works with. */
export interface FaceLocatorDeps {
  readonly cacheFolder: string
  readonly imageThreads: number
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** @returns a locator by the default detector; its networks are loaded and its threads started for the first unknown face */
export function createFaceLocator({ cacheFolder, imageThreads, maxPixels }: FaceLocatorDeps): FaceLocator {
  const cache = once(() => openFaceCache(join(cacheFolder, 'evaluations', 'faces')))
  const pool = once(async () => {
    const { detector, landmarks } = await importFaceApi({
      packageFolder: faceApiFolder(),
      cacheFolder: join(cacheFolder, 'face-api'),
    })
    const data: LocateThreadData = { detector, landmarks, maxPixels }
    const file = workerFile(import.meta.url, './locate-thread.js')
    return createThreadPool<LocateTask, LocatedFace>({ file, threads: imageThreads, data })
  })
  return {
    async locate({ id, file, face }, key, signal) {
      const faces = await cache.get()
      const before = faces.get(key)
      if (before) return before
      const task = { id, file, ...(face?.box ? { box: face.box } : {}) }
      const located = await (await pool.get()).run(task, { signal })
      await faces.put(key, located)
      return located
    },
    async close() {
      await (await pool.made())?.close()
      await (await cache.made())?.close()
    },
  }
}

/** @returns the face as far as the data set knows it; undefined where that is not enough to frame it for a network */
export function knownFace({ face }: ProtocolImage, { crop }: Preparation): KnownFace | undefined {
  if (crop.kind === 'margin') return face?.box && { box: face.box, landmarks: face.landmarks ?? [] }
  return face?.landmarks && { box: face.box ?? boxAround(face.landmarks), landmarks: face.landmarks }
}

function boxAround(points: FivePoints): KnownFace['box'] {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y }
}
