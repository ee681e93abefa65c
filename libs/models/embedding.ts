import type { Embedding } from '../../gen/crossres/v1/common.js'
import { DomainError } from '../config/domain-error.js'

/**
 * @param vector L2-normalised
 * @returns the vector as it travels: little-endian float32 bytes, its length and the version that made it
 */
export function encodeEmbedding(vector: Float32Array, modelVersion: string): Embedding {
  const values = Buffer.alloc(vector.length * 4)
  for (let i = 0; i < vector.length; i++) values.writeFloatLE(vector[i] as number, i * 4)
  return { values, dimension: vector.length, modelVersion }
}

/**
 * @returns the vector of an embedding that came from outside, scaled to length one
 * @throws DomainError EMBEDDING_DIMENSION_MISMATCH, EMBEDDING_NOT_FINITE, FIELD_MISSING
 */
export function decodeEmbedding(embedding: Embedding): Float32Array {
  const { values, dimension, modelVersion } = embedding
  if (modelVersion === '') {
    throw new DomainError(
      'FIELD_MISSING',
      'An embedding needs `model_version`: only vectors of one model version compare.',
    )
  }
  if (dimension === 0 || values.length !== dimension * 4) {
    throw new DomainError(
      'EMBEDDING_DIMENSION_MISMATCH',
      `The embedding states ${dimension} dimensions and holds ${values.length} bytes: send 4 bytes (little-endian float32) for each.`,
      { dimension: String(dimension), bytes: String(values.length) },
    )
  }
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
  return normalise(Float32Array.from({ length: dimension }, (_, i) => view.getFloat32(i * 4, true)))
}

/**
 * @returns the vector scaled to length one, a new one
 * @throws DomainError EMBEDDING_NOT_FINITE for a vector of zeros, infinities or NaN
 */
export function normalise(vector: Float32Array): Float32Array {
  let squares = 0
  for (const value of vector) squares += value * value
  const length = Math.sqrt(squares)
  if (!(Number.isFinite(length) && length > 0)) {
    throw new DomainError(
      'EMBEDDING_NOT_FINITE',
      'The embedding is zero or holds values that are not finite: it does not stand for a face, embed the picture again.',
    )
  }
  return vector.map((value) => value / length)
}
