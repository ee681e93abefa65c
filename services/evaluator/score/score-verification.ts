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
  const lookUp = (template: number): number => {
    const { id, subject } = templates[template] as (typeof templates)[number]
    known[template] = subjects.of(id, subject)
    return known[template] as number
  }
  const scores = createDotProducts(references.rows, probes.rows, probes.dimension).ofPairs(reference, probe)
  const first = new Uint32Array(probe.length)
  const second = new Uint32Array(probe.length)
  for (let i = 0; i < scores.length; i++) {
    const [a, b] = [reference[i] as number, probe[i] as number]
    const [one, other] = [known[a] as number, known[b] as number]
    first[i] = one < 0 ? lookUp(a) : one
    second[i] = other < 0 ? lookUp(b) : other
  }
  return { scores, mated, first, second, subjects: subjects.count, fold, folds }
}
