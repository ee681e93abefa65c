import { normalise } from '../../libs/models/embedding.js'

/**
 * Fuses templates of one person into one: the normalised weighted mean (the pooling of template-based face recognition, e.g. IJB-A,
 * Klare et al. 2015, with embeddings as features).
 * @param templates at least one, all of one dimension, L2-normalised
 * @param weights one a template, not negative and not all zero; default: all equal
 * @throws DomainError EMBEDDING_NOT_FINITE when they cancel each other out
 */
export function fuse(templates: readonly Float32Array[], weights?: readonly number[]): Float32Array {
  const [first] = templates
  if (!first) throw new RangeError('fuse needs at least one template')
  const sum = new Float64Array(first.length)
  templates.forEach((template, t) => {
    const weight = weights?.[t] ?? 1
    template.forEach((value, i) => {
      sum[i] = (sum[i] as number) + weight * value
    })
  })
  return normalise(Float32Array.from(sum))
}
