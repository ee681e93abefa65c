import { createOnnxRuntimeEngine } from '../../../libs/engine/onnxruntime.js'
import { createModelRegistry } from '../../../libs/models/model-registry.js'
import type { EvaluationRunnerDeps } from '../evaluation/evaluation-runner.js'
import { createFaceLocator } from '../faces/face-locator.js'
import { type CalibrationResult, createCalibrateModel } from './calibrate-model.js'
import type { CalibrationSpec } from './calibration-spec.js'
import { type CalibrationRun, createCollectScores } from './collect-scores.js'

/** Runs one calibration with the engine that serves, see createCalibrateModel. */
export async function calibrate(
  { objects, cacheFolder, threads, imageThreads, maxPixels }: EvaluationRunnerDeps,
  spec: CalibrationSpec,
  run: CalibrationRun,
): Promise<CalibrationResult> {
  const locator = createFaceLocator({ cacheFolder, imageThreads, maxPixels })
  const registry = createModelRegistry({ objects })
  const collectScores = createCollectScores({
    cacheFolder,
    imageThreads,
    locator,
    registry,
    createEngine: (model) => createOnnxRuntimeEngine({ model, threads }),
  })
  try {
    return await createCalibrateModel({ registry, collectScores })(spec, run)
  } finally {
    await locator.close()
  }
}
