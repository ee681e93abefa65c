import type { EnhancementSpec } from '../enhance/enhancement.js'
import type { Faces } from '../features/picture-key.js'
import type { DegradedSide } from '../measure/conditions.js'

/** What to measure; everything that decides the figures. */
export interface EvaluationSpec {
  /** Name of a protocol, see openProtocol. */
  readonly protocol: string
  /** The user's copy of its data. */
  readonly folder: string
  /** What results call it; absent: the folder. */
  readonly dataUri?: string
  /** `models/{model}` or versions of them, at least one; each is compared with the first. */
  readonly models: readonly string[]
  /** Shortest sides in pixels; 0 is full resolution. At least one. */
  readonly resolutions: readonly number[]
  readonly side: DegradedSide
  readonly faces: Faces
  /** Whether networks that cards route to take part, as the embedder has it. */
  readonly routing: boolean
  /** Super-resolution of probes; absent: none. */
  readonly enhance?: EnhancementSpec
  /** Of splits and bootstraps, an integer >= 0. */
  readonly seed: number
  /** Of bootstraps, at most. */
  readonly replicates: number
  /** Subject folders to use, for the protocol `folder`; absent: all. */
  readonly subjects?: readonly string[]
  /** For the protocol `folder`, without `subjects`: those that a training with this share and the seed holds out, see heldOutSubjects. */
  readonly heldOut?: number
}

/** Replicates of a bootstrap unless told otherwise. */
export const DEFAULT_REPLICATES = 1_000
