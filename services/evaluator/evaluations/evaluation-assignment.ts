import type { EvaluationProgress, MetricValue } from '../../../gen/crossres/v1/evaluator.js'
import type { StoreDescription } from '../../../libs/objects/open-object-store.js'
import type { EvaluationRunnerDeps } from '../evaluation/evaluation-runner.js'
import type { EvaluationJobSpec } from './evaluation-record.js'

/** All that the process of an evaluation is told. */
export interface EvaluationAssignment extends Omit<EvaluationRunnerDeps, 'objects'> {
  readonly spec: EvaluationJobSpec
  readonly store: StoreDescription
}

/** What it says while it works. */
export type EvaluationSaid = EvaluationProgress

/** What it returns; undefined where it was stopped. */
export type EvaluationOutcome = EvaluationEnd | undefined

/** What came of an evaluation; all else is in the object store. */
export interface EvaluationEnd {
  readonly metrics: readonly MetricValue[]
  /** Why its page could not be drawn, for callers and, where that is not for them, for the log; absent: there is one. */
  readonly noPage?: { readonly warning: string; readonly cause?: string }
}
