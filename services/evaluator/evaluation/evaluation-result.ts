import type { Interval } from '../../../libs/metrics/interval.js'
import type { EnhancerRun } from '../enhance/enhancement.js'
import type { Condition } from '../measure/conditions.js'
import type { Figure, Metric } from '../measure/figure.js'
import type { EvaluationSpec } from './evaluation-spec.js'

/** Figures of one model, by one protocol, under one condition. */
export interface MeasuredRow {
  /** See openProtocol: `lfw`, `folder-open-set` ... */
  readonly protocol: string
  readonly condition: Condition
  /** The model's version. */
  readonly model: string
  readonly figures: readonly Figure[]
}

/** How much better, or worse, a model is than the first one, on the same comparisons. */
export interface Difference extends Interval {
  readonly protocol: string
  readonly condition: Condition
  /** The model minus the first one. */
  readonly model: string
  readonly metric: Metric
  readonly parameter: number
}

/** What a model's features came from. */
export interface ModelRun {
  /** `models/{model}/versions/{version}`. */
  readonly version: string
  /** Pictures that could not be embedded; their comparisons are misses. */
  readonly failed: readonly { readonly image: string; readonly reason: string }[]
}

/** What was run: all but the models and what they came to. */
export interface EvaluationFacts {
  readonly spec: EvaluationSpec
  /** Version of crossres. */
  readonly software: string
  /** Names and sizes of what was compared. */
  readonly protocols: readonly {
    readonly name: string
    readonly kind: 'verification' | 'identification'
    readonly images: number
    readonly templates: number
    /** Pairs, or searches of all galleries. */
    readonly comparisons: number
  }[]
  /** SHA-256 in hex over the pictures' names, subjects, sizes and known faces, and the comparisons. */
  readonly dataset: string
  /** What enhanced the probes; absent: nothing did. */
  readonly enhancer?: EnhancerRun
}

/** What was measured. */
export interface EvaluationResult extends EvaluationFacts {
  readonly models: readonly ModelRun[]
  /** By protocol, condition and model, in that order. */
  readonly rows: readonly MeasuredRow[]
  readonly differences: readonly Difference[]
}
