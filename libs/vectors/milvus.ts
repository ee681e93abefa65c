import { createMilvusCollection, type MilvusCollection } from './milvus-collection.js'
import { createMilvusIndex } from './milvus-index.js'
import { createMilvusLink } from './milvus-link.js'
import { createPendingCalls } from './pending-calls.js'
import type { VectorSearch } from './vector-index.js'

export interface MilvusSearchOptions {
  /** `http://HOST:PORT`; https for TLS. */
  readonly address: string
  /** `user:password` or an API key; default: none. */
  readonly token?: string
  /** Of one call to the server, in ms; default 15,000. */
  readonly timeoutMs?: number
}

/**
 * Search by a Milvus server (2.4 or later), which is connected to at the first use. There is a collection for each model version, because
 * embeddings of different models have nothing to do with each other; a gallery is a partition key in it. One process at a time may use a
 * gallery, and one gallery index a database of the server.
 */
export function createMilvusSearch({ address, token = '', timeoutMs = 15_000 }: MilvusSearchOptions): VectorSearch {
  const link = createMilvusLink({ address, token, timeoutMs })
  const collections = new Map<string, MilvusCollection>()
  const calls = createPendingCalls()

  return {
    createIndex(dimension, { gallery, modelVersion }) {
      const name = collectionName(modelVersion, dimension)
      const collection = collections.get(name) ?? createMilvusCollection(link, name, dimension)
      collections.set(name, collection)
      return createMilvusIndex({ collection, dimension, gallery, calls })
    },
    async close() {
      calls.end(new Error('the connection to the vector index is closed'))
      await link.close()
    },
  }
}

/** Of letters, digits and underscores, as Milvus wants; the version tells models apart whose names become the same. */
function collectionName(modelVersion: string, dimension: number): string {
  const [, model = '', , version = ''] = modelVersion.split('/')
  return `crossres_${dimension}_${version}_${model}`.replaceAll(/\W/g, '_').slice(0, 200)
}
