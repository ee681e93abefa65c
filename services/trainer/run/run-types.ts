import type { TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import type { TrainingSettings } from '../scheme/config.js'

/** What a run trains, all names resolved: fit for JSON, and never changed once the run is queued. */
export interface RunSpec {
  /** Last segment of `trainings/{training}`. */
  readonly id: string
  readonly settings: TrainingSettings
  /** `models/{model}/versions/{version}` of the student's start. */
  readonly baseVersion: string
  /** The same of the frozen teacher; the base where nobody chose another. */
  readonly teacherVersion: string
  /** A path this machine can read, or `object:prefix` in the object store. */
  readonly dataUri: string
  /** A table of known faces; empty: `landmarks.csv` beside the pictures, where there is one. */
  readonly landmarksUri: string
  /** Name that the result gets, without `models/`. */
  readonly resultModel: string
}

/** What a run works with. */
export interface RunDeps {
  readonly tf: TensorFlow
  readonly objects: ObjectStore
  /** Where datasets out of the object store are kept once copied. */
  readonly cacheFolder: string
  /** Threads that read and frame faces. */
  readonly loaderThreads: number
  /** Checkpoints are also written when this many seconds have passed since the last; default: with validations only. */
  readonly checkpointSeconds?: number
}

/** How a run tells what it does. */
export interface RunHooks {
  /** After every step. */
  progressed(progress: TrainingProgress): void
  /** When a checkpoint is whole in the object store. @param uri its object's key */
  checkpointStored(step: number, uri: string): void
  /** Stops the run after its present step, with a checkpoint. */
  readonly signal: AbortSignal
}

/** How a run ended. */
export interface RunResult {
  /** `models/{model}/versions/{version}` of the result; absent where the signal stopped the run. */
  readonly resultVersion?: string
}

/**
 * Trains from the newest checkpoint in the store, or from the beginning where there is none, to the end.
 * Keys it writes, all below `trainings/{id}/`: `checkpoints/{step}.safetensors`, `best/{step}.safetensors`, `metrics.jsonl`.
 * @throws DomainError TRAINING_DIVERGED, DATASET_NOT_FOUND, DATASET_EMPTY, DATASET_VANISHED, DATASET_CHANGED, STORAGE_FULL and
 *   whatever model and settings are refused with; checkpoints written before stay, and the same call resumes from them
 */
export type RunTraining = (deps: RunDeps, spec: RunSpec, hooks: RunHooks) => Promise<RunResult>
