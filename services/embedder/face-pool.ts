import { FaceSelection } from '../../gen/crossres/v1/common.js'
import { createThreadPool, type ThreadPool } from '../../libs/config/thread-pool.js'
import { workerFile } from '../../libs/config/worker-file.js'
import { encodePng } from '../../libs/image/encode.js'
import type { Preparation } from '../../libs/models/model-card.js'
import { PRESETS } from '../../libs/models/presets.js'
import type { FaceQuery } from './face-chips.js'
import type { FaceTask, FaceThreadData, PictureFaces } from './face-task.js'

/** Threads that decode pictures, find faces and frame them. */
export interface FacePool extends ThreadPool<FaceTask, PictureFaces> {
  /** Has every thread find faces once, so that the first caller does not pay for loading. */
  warm(): Promise<void>
}

const ANY_FACE: FaceQuery = {
  faces: FaceSelection.ALL,
  regions: [],
  minDetectionScore: undefined,
  maxFaces: 1,
  minFaceResolution: 0,
}
const { input, crop } = PRESETS['face-api']
const SMALL: Preparation = { input, crop }

/**
 * @param threads pictures at work at once; each may take three bytes for every pixel that the limit allows, several times over
 */
export function createFacePool(data: FaceThreadData, threads: number): FacePool {
  const pool = createThreadPool<FaceTask, PictureFaces>({
    file: workerFile(import.meta.url, './face-thread.js'),
    threads,
    data,
  })
  return {
    ...pool,
    async warm() {
      const side = 160
      const file = await encodePng({ width: side, height: side, data: new Uint8Array(side * side * 3).fill(128) })
      await Promise.all(Array.from({ length: threads }, () => pool.run({ file, query: ANY_FACE, preparation: SMALL })))
    },
  }
}
