import { createDotProducts } from '../../../libs/metrics/dot-products.js'
import type { VerificationProtocol } from '../../../libs/protocols/protocol.js'
import type { ScoredComparisons } from '../measure/measure-verification.js'
import { createSubjectNumbers } from '../measure/subjects.js'
import type { TemplateFeatures } from './template-features.js'

/** Compares the pairs of a protocol. */
export function scoreVerification(
  { templates, pairs }: VerificationProtocol,
  references: TemplateFeatures,
  probes: TemplateFeatures,
): ScoredComparisons {
  const { reference, probe, mated, fold, folds } = pairs
  const subjects = createSubjectNumbers()
  // Looked up once a template: IJB-C compares 15 million times.
  const known = new Int32Array(templates.length).fill(-1)
  const numberOf = (template: number): number => {
    const number = known[template] as number
    if (number >= 0) return number
    const { id, subject } = templates[template] as (typeof templates)[number]
    known[template] = subjects.of(id, subject)
    return known[template] as number
  }
  const scores = createDotProducts(references.rows, probes.rows, probes.dimension).ofPairs(reference, probe)
  const first = new Uint32Array(probe.length)
  const second = new Uint32Array(probe.length)
  for (let i = 0; i < scores.length; i++) {
    first[i] = numberOf(reference[i] as number)
    second[i] = numberOf(probe[i] as number)
  }
  return { scores, mated, first, second, subjects: subjects.count, fold, folds }
}
