import { join } from 'node:path'
import { createSessionEngine } from '../../../libs/engine/session-engine.js'
import { createModelRegistry } from '../../../libs/models/model-registry.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import type { EvaluationSpec } from '../evaluation/evaluation-spec.js'
import type { RunEvaluationDeps } from '../evaluation/run-evaluation.js'
import type { FaceLocator } from '../faces/face-locator.js'

/** All faces of the tiny data sets are known. */
export const noLocator: FaceLocator = {
  locate: async () => {
    throw new Error('every face is known')
  },
  close: async () => {},
}

/** @returns an evaluation of the model `one` on the data that writeTinyLfw wrote to `lfw` in the folder */
export const tinySpec = (folder: string, changes: Partial<EvaluationSpec> = {}): EvaluationSpec => ({
  protocol: 'lfw',
  folder: join(folder, 'lfw'),
  models: ['models/one'],
  resolutions: [4, 0],
  side: 'probe',
  faces: 'largest',
  routing: true,
  seed: 7,
  replicates: 200,
  ...changes,
})

/** @returns what it runs with: a network in this thread, caches in the folder */
export const tinyDeps = (folder: string, objects: ObjectStore): RunEvaluationDeps => ({
  cacheFolder: join(folder, 'cache'),
  imageThreads: 1,
  locator: noLocator,
  objects,
  registry: createModelRegistry({ objects }),
  createEngine: (model) => createSessionEngine({ model }),
  signal: new AbortController().signal,
  report: () => {},
})
