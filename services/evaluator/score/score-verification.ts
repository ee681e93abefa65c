import type { DotProducts } from '../../../libs/dot-products/dot-products.js'
import type { VerificationProtocol } from '../../../libs/protocols/protocol.js'
import type { ScoredComparisons } from '../measure/measure-verification.js'
import { createSubjectNumbers } from '../measure/subjects.js'
import type { ComparedFeatures } from './template-features.js'

/** Compares the pairs of a protocol. */
export async function scoreVerification(
  products: DotProducts,
  { templates, pairs }: VerificationProtocol,
  { gallery, probe: probes }: ComparedFeatures,
): Promise<ScoredComparisons> {
  const { reference, probe, mated, fold, folds } = pairs
  const sides = { left: gallery.rows, right: probes.rows, dimension: probes.dimension }
  const scores = await products.ofPairs(sides, reference, probe)
  return { scores, mated, first: reference, second: probe, ...numberSubjects(templates, pairs), fold, folds }
}

/** Numbers subjects in the order that comparisons name them; who is not compared counts as the first. */
function numberSubjects(
  templates: VerificationProtocol['templates'],
  { reference, probe }: VerificationProtocol['pairs'],
): Pick<ScoredComparisons, 'subjectOf' | 'subjects'> {
  const subjects = createSubjectNumbers()
  const subjectOf = new Uint32Array(templates.length)
  const seen = new Uint8Array(templates.length)
  let unseen = templates.length
  const number = (template: number) => {
    const { id, subject } = templates[template] as (typeof templates)[number]
    subjectOf[template] = subjects.of(id, subject)
    seen[template] = 1
    unseen--
  }
  let last = -1
  for (let i = 0; i < probe.length && unseen > 0; i++) {
    const one = reference[i] as number
    const other = probe[i] as number
    if (one !== last && !seen[one]) number(one)
    if (!seen[other]) number(other)
    last = one
  }
  return { subjectOf, subjects: subjects.count }
}
