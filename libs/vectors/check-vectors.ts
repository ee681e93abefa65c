import { DomainError } from '../config/domain-error.js'

/**
 * Checks a block of vectors, row-major [count x dimension].
 * @param count how many there should be; default: any number
 * @returns how many there are
 * @throws DomainError EMBEDDING_DIMENSION_MISMATCH, EMBEDDING_NOT_FINITE
 */
export function checkVectors(vectors: Float32Array, dimension: number, count?: number): number {
  if (count === undefined ? vectors.length % dimension !== 0 : vectors.length !== count * dimension) {
    throw new DomainError(
      'EMBEDDING_DIMENSION_MISMATCH',
      `${vectors.length} values are not ${count ?? 'whole'} embeddings of ${dimension}: send embeddings of the gallery's model.`,
      { values: String(vectors.length), dimension: String(dimension) },
    )
  }
  // Zero unless a value is NaN or infinite; much faster than a look at each, and a gallery is loaded through here.
  let zeros = 0
  for (let i = 0; i < vectors.length; i++) zeros += (vectors[i] as number) * 0
  if (zeros !== 0) {
    const bad = vectors.findIndex((value) => !Number.isFinite(value))
    throw new DomainError(
      'EMBEDDING_NOT_FINITE',
      `Value ${bad % dimension} of an embedding is ${vectors[bad]}: embeddings consist of finite numbers.`,
      { position: String(bad % dimension) },
    )
  }
  return vectors.length / dimension
}
