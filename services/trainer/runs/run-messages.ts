import type { TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import type { StoreDescription } from '../../../libs/objects/open-object-store.js'
import type { RunSpec } from '../run/run-types.js'

/** All that the process of a run is told. */
export interface RunAssignment {
  readonly spec: RunSpec
  readonly store: StoreDescription
  /** Where datasets out of the object store are kept once copied. */
  readonly cacheFolder: string
  /** Held as long as the process lives: of two processes of one run, the second waits for the end of the first. */
  readonly holdFolder: string
  readonly loaderThreads: number
  readonly checkpointSeconds: number
}

/** What a run's process says. */
export type FromRun =
  | { readonly kind: 'progressed'; readonly progress: TrainingProgress }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly key: string }
