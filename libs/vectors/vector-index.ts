/** What one query found, best first: `scores[i]` is the cosine of the query and the vector `ids[i]`. */
export interface Hits {
  readonly ids: Float64Array
  readonly scores: Float32Array
}

/** Everything in an index: vector `ids[i]` is row i of `vectors`, row-major [size x dimension]. */
export interface Snapshot {
  readonly ids: Float64Array
  readonly vectors: Float32Array
}

/**
 * Nearest vectors by cosine. Vectors are L2-normalised by the caller, so that the cosine is the dot product; ids are integers from 0 to
 * 2^53 - 1. Calls take effect in the order they are made: a search sees every upsert and remove called before it.
 * Implementation: exact (one process, float32).
 */
export interface VectorIndex {
  /** Values a vector. */
  readonly dimension: number
  /** Vectors in it, after the last call that has settled. */
  readonly size: number
  /**
   * Adds vectors, replacing those whose id is known; an id given twice keeps its last vector.
   * @param vectors row-major [ids.length x dimension]
   * @throws DomainError EMBEDDING_DIMENSION_MISMATCH, EMBEDDING_NOT_FINITE; nothing is changed then
   */
  upsert(ids: ArrayLike<number>, vectors: Float32Array): Promise<void>
  /** Removes vectors; unknown ids are passed over. */
  remove(ids: ArrayLike<number>): Promise<void>
  /**
   * The `k` best vectors for each query, fewer where the index holds fewer. Equal scores come in no promised order.
   * @param queries row-major [n x dimension]
   * @param signal rejects the call with its reason; work not yet begun is dropped
   * @returns one entry a query, in order
   * @throws DomainError EMBEDDING_DIMENSION_MISMATCH, EMBEDDING_NOT_FINITE
   */
  search(queries: Float32Array, k: number, signal?: AbortSignal): Promise<Hits[]>
  /** A copy of everything, in no promised order; for checks against the store. */
  snapshot(): Promise<Snapshot>
  /** Frees the index; later calls reject. */
  close(): Promise<void>
}
