import { DomainError } from '../../libs/config/domain-error.js'

/**
 * Scales a vector to length 1.
 * @returns a new vector
 * @throws DomainError EMBEDDING_NOT_FINITE when it has no direction: NaN, infinity, or all zero
 */
export function normalise(vector: Float32Array): Float32Array {
  let squares = 0
  for (const value of vector) squares += value * value
  const norm = Math.sqrt(squares)
  if (!Number.isFinite(norm) || norm === 0) {
    throw new DomainError(
      'EMBEDDING_NOT_FINITE',
      'An embedding has no direction (it holds NaN or infinity, or is all zero): it cannot be compared.',
    )
  }
  return vector.map((value) => value / norm)
}

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
