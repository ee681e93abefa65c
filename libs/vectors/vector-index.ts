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
 * Implementations: exact (one process, float32), hnsw (one process, approximate) and milvus (a server).
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
   * @throws DomainError INDEX_UNAVAILABLE when a server does not answer; how much was changed is unknown then
   */
  upsert(ids: ArrayLike<number>, vectors: Float32Array): Promise<void>
  /** Removes vectors; unknown ids are passed over. @throws DomainError INDEX_UNAVAILABLE, as upsert */
  remove(ids: ArrayLike<number>): Promise<void>
  /**
   * The `k` best vectors for each query, fewer where the index holds fewer. Equal scores come in no promised order. An approximate index
   * may miss some of the best, and gives the next ones instead; the scores it gives are right.
   * @param queries row-major [n x dimension]
   * @param signal rejects the call with its reason; work not yet begun is dropped
   * @returns one entry a query, in order
   * @throws DomainError EMBEDDING_DIMENSION_MISMATCH, EMBEDDING_NOT_FINITE, INDEX_UNAVAILABLE; INDEX_LOST: a server lost some of it, so
   * it must be closed and filled anew
   */
  search(queries: Float32Array, k: number, signal?: AbortSignal): Promise<Hits[]>
  /** A copy of everything, in no promised order; for checks against the store. */
  snapshot(): Promise<Snapshot>
  /** Frees the index in this process; later calls reject. What a server keeps of it stays there, and saves work when it is opened anew. */
  close(): Promise<void>
  /** Removes everything, here and on a server, and closes the index. */
  drop(): Promise<void>
}

/** What an index is for. A server that outlives this process keeps it under this name. */
export interface IndexName {
  /** The gallery, and which of its sets of embeddings. */
  readonly gallery: string
  /** The version whose embeddings it holds, `models/{model}/versions/{version}`. */
  readonly modelVersion: string
}

/** Makes indexes that share threads or a connection. */
export interface VectorSearch {
  /**
   * Opens an index that behaves as an empty one. What a server still holds under the name is taken over where the same vectors are upserted
   * again, and removed by the first call that is not an upsert: so filling an index from its store repairs it.
   * @param name no two open indexes may share one
   */
  createIndex(dimension: number, name: IndexName): VectorIndex
  /** Ends threads and connections; calls under way and later ones reject. */
  close(): Promise<void>
}
