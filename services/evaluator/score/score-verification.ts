import type { VerificationProtocol } from '../../../libs/protocols/protocol.js'
import type { ScoredComparisons } from '../measure/measure-verification.js'
import { numberSubjects } from '../measure/subjects.js'
import { cosine } from './cosine.js'
import type { TemplateFeatures } from './template-features.js'

/** Compares the pairs of a protocol. */
export function scoreVerification(
  { templates, pairs }: VerificationProtocol,
  references: TemplateFeatures,
  probes: TemplateFeatures,
): ScoredComparisons {
  const { reference, probe, mated, fold, folds } = pairs
  const subjects = numberSubjects(templates)
  const scores = new Float32Array(probe.length)
  for (let i = 0; i < scores.length; i++) {
    scores[i] = cosine(references, reference[i] as number, probes, probe[i] as number)
  }
  return {
    scores,
    mated,
    first: reference.map((template) => subjects.of[template] as number),
    second: probe.map((template) => subjects.of[template] as number),
    subjects: subjects.count,
    fold,
    folds,
  }
}
