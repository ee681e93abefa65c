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
export type EvaluationOutcome = readonly MetricValue[] | undefined
