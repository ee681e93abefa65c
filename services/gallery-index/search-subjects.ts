import type { Hits, VectorIndex } from '../../libs/vectors/vector-index.js'

/** A subject found; `score` is the cosine of the probe and the subject's best template. */
export interface SubjectHit {
  readonly subjectId: string
  readonly score: number
}

/**
 * The `k` best subjects for each probe, best first, each once. A subject may have many templates, so the index is asked for more and more
 * vectors until they belong to `k` subjects or there are no others.
 * @param subjectOf the subject of a template; undefined when it was deleted meanwhile
 * @param probes row-major [n x dimension]
 */
export async function searchSubjects(
  index: VectorIndex,
  subjectOf: (templateKey: number) => string | undefined,
  probes: Float32Array,
  k: number,
  signal?: AbortSignal,
): Promise<SubjectHit[][]> {
  for (let wanted = k; ; wanted *= 4) {
    const found = await index.search(probes, wanted, signal)
    const subjects = found.map((hits) => bestOfEach(hits, subjectOf, k))
    const complete = found.every((hits, i) => hits.ids.length < wanted || (subjects[i] as SubjectHit[]).length >= k)
    if (complete) return subjects
  }
}

function bestOfEach({ ids, scores }: Hits, subjectOf: (key: number) => string | undefined, k: number): SubjectHit[] {
  const best = new Map<string, number>()
  for (let i = 0; i < ids.length && best.size < k; i++) {
    const subjectId = subjectOf(ids[i] as number)
    if (subjectId !== undefined && !best.has(subjectId)) best.set(subjectId, scores[i] as number)
  }
  return Array.from(best, ([subjectId, score]) => ({ subjectId, score }))
}
