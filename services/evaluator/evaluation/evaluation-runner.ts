import { createOnnxRuntimeEngine } from '../../../libs/engine/onnxruntime.js'
import { createModelRegistry } from '../../../libs/models/model-registry.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { createFaceLocator } from '../faces/face-locator.js'
import type { EvaluationResult } from './evaluation-result.js'
import type { EvaluationSpec } from './evaluation-spec.js'
import { type RunEvaluationDeps, runEvaluation } from './run-evaluation.js'

/** What evaluations are run with. */
export interface EvaluationRunnerDeps {
  /** Holds the models, and enhancers that are named by a uri. */
  readonly objects: ObjectStore
  /** Holds what can be made again: features, found faces, the detector's networks. */
  readonly cacheFolder: string
  /** Threads of one network. */
  readonly threads: number
  /** Threads that read pictures, find and frame faces. */
  readonly imageThreads: number
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/**
 * Runs one evaluation with the engine that serves, see runEvaluation.
 * @param run who hears of its progress, who keeps its scores, who stops it
 */
export async function evaluate(
  { objects, cacheFolder, threads, imageThreads, maxPixels }: EvaluationRunnerDeps,
  spec: EvaluationSpec,
  run: Pick<RunEvaluationDeps, 'signal' | 'report' | 'storeScores'>,
): Promise<EvaluationResult> {
  const locator = createFaceLocator({ cacheFolder, imageThreads, maxPixels })
  try {
    return await runEvaluation(
      {
        ...run,
        objects,
        cacheFolder,
        imageThreads,
        locator,
        registry: createModelRegistry({ objects }),
        createEngine: (model) => createOnnxRuntimeEngine({ model, threads }),
      },
      spec,
    )
  } finally {
    await locator.close()
  }
}
