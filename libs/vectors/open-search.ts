import { createExactSearch } from './exact.js'
import type { VectorSearch } from './vector-index.js'

/** Which vector search. That of a server holds a secret: it must not be logged. */
export type VectorsDescription =
  | { readonly kind: 'exact' }
  | { readonly kind: 'hnsw' }
  | { readonly kind: 'milvus'; readonly address: string; readonly token: string }

/** Opens a search. A server is connected to at the first use. */
export async function openVectorSearch(description: VectorsDescription): Promise<VectorSearch> {
  switch (description.kind) {
    case 'exact':
      return createExactSearch()
    case 'hnsw': {
      const { createHnswSearch } = await import('./hnsw.js')
      return createHnswSearch()
    }
    case 'milvus': {
      // Loaded when needed: the client is large, and few have such a server.
      const { createMilvusSearch } = await import('./milvus.js')
      return createMilvusSearch(description)
    }
  }
}
