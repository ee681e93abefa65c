import type { Protocol } from '../../../libs/protocols/protocol.js'
import { type Condition, resolutionText } from '../measure/conditions.js'
import type { ScoreFileNotes } from '../score/score-file.js'
import type { EvaluationFacts, ModelRun } from './evaluation-result.js'
import { runDocument } from './result-document.js'

/** What the scores of one file come from. */
export interface ScoredPlace {
  readonly protocol: Pick<Protocol, 'name' | 'kind'>
  readonly condition: Condition
  readonly model: ModelRun
  /** Of the model among those of the evaluation, from 0. */
  readonly order: number
  /** Whether some of the probes may have been enhanced. */
  readonly enhanced: boolean
}

/** Failed extractions that a file names. */
const NAMED = 10

/**
 * Notes for a score file from which a report can be drawn without any other file: `run` is what runDocument has, as JSON; `model_order`,
 * `replicates`, `failed_extractions` and the first of those, `failed`, are what else a report says. The others tell people and other tools
 * what they have.
 */
export function scoreNotes(facts: EvaluationFacts, place: ScoredPlace): ScoreFileNotes {
  const { spec, dataset, enhancer } = facts
  const { protocol, condition, model, order, enhanced } = place
  return {
    protocol: protocol.name,
    kind: protocol.kind,
    model: model.version,
    probe_resolution: resolutionText(condition.probe),
    gallery_resolution: resolutionText(condition.gallery),
    side: spec.side,
    faces: spec.faces,
    seed: String(spec.seed),
    dataset,
    ...(enhancer && enhanced ? { enhancer: enhancer.digest } : {}),
    run: JSON.stringify(runDocument(facts)),
    model_order: String(order),
    replicates: String(spec.replicates),
    failed_extractions: String(model.failed.length),
    failed: JSON.stringify(model.failed.slice(0, NAMED)),
  }
}
